# The package: libraries, public headers, kefuConfig.cmake, kefu.pc and one for each component, the programs.
include(CMakePackageConfigHelpers)

set(kefu_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kefu)

# Each component has an export set of its own, so that a host that does not ask for it need not have its libraries.
function(kefu_install_library target export_name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${export_name})
  install(TARGETS ${target} EXPORT kefu_${export_name}_targets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(EXPORT kefu_${export_name}_targets NAMESPACE kefu:: DESTINATION ${kefu_cmake_dir})
endfunction()

set(kefu_components kefu)
kefu_install_library(kefu kefu)
foreach(component sqlite postgres redis sandbox)
  if(TARGET kefu_${component})
    kefu_install_library(kefu_${component} ${component})
    list(APPEND kefu_components ${component})
  endif()
endforeach()

# Headers of a component that is not built stay away.
install(DIRECTORY include/kefu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp"
        PATTERN "kefu/stores" EXCLUDE
        PATTERN "kefu/sandbox" EXCLUDE)
foreach(component sqlite postgres redis)
  if(TARGET kefu_${component})
    install(FILES include/kefu/stores/${component}.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kefu/stores)
  endif()
endforeach()
if(TARGET kefu_sandbox)
  install(DIRECTORY include/kefu/sandbox DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kefu FILES_MATCHING PATTERN "*.hpp")
endif()

if(BUILD_SHARED_LIBS)
  set(kefu_is_shared TRUE)
  set(kefu_pc_cflags "")
else()
  set(kefu_is_shared FALSE)
  set(kefu_pc_cflags " -DKEFU_STATIC_DEFINE")
endif()
configure_package_config_file(src/package/kefuConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/kefuConfig.cmake
                              INSTALL_DESTINATION ${kefu_cmake_dir})
# Before 1.0 the inline namespace, and with it every symbol, belongs to one minor version.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/kefuConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kefuConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/kefuConfigVersion.cmake
        DESTINATION ${kefu_cmake_dir})

# From where the file lies, so that the package may be installed elsewhere (cmake --install --prefix) and moved.
set(kefu_pc_prefix ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  file(RELATIVE_PATH kefu_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" kefu_pc_prefix "\${pcfiledir}/${kefu_pc_prefix}")
endif()
# kefu_install_pc(NAME LIBRARY DESCRIPTION REQUIRES PRIVATE): NAME.pc. PRIVATE is what a static library leaves to whoever
# links the program (not Requires.private: pkg-config --static would ask for the static libraries of libcurl's own
# dependencies as well); a shared one asks for nothing.
function(kefu_install_pc kefu_pc_name kefu_pc_library kefu_pc_description kefu_pc_requires private)
  if(NOT kefu_is_shared)
    string(APPEND kefu_pc_requires "${private}")
  endif()
  configure_file(src/package/kefu.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${kefu_pc_name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${kefu_pc_name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
kefu_install_pc(kefu kefu "${PROJECT_DESCRIPTION}" "" " libcurl libcrypto fmt pugixml")
if(TARGET kefu_sqlite)
  kefu_install_pc(kefu-sqlite kefu_sqlite "kefu's durable store" " kefu = ${PROJECT_VERSION}" " sqlite3 fmt")
endif()
if(TARGET kefu_postgres)
  kefu_install_pc(kefu-postgres kefu_postgres "kefu's store on PostgreSQL" " kefu = ${PROJECT_VERSION}" " libpq fmt")
endif()
if(TARGET kefu_redis)
  kefu_install_pc(kefu-redis kefu_redis "kefu's store on Redis" " kefu = ${PROJECT_VERSION}" " hiredis fmt")
endif()
if(TARGET kefu_sandbox)
  kefu_install_pc(kefu-sandbox kefu_sandbox "The platforms' twins, for tests of hosts of kefu" " kefu = ${PROJECT_VERSION}" " fmt")
endif()

foreach(program kefu_cli kefu_sandbox_program)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
