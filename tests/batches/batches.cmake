# Test sources compiled in batches: most of a test's compile time is what it includes and the templates it shares with
# its neighbours, so five sources in one unit cost about half of what they cost apart.
#
# Names need not differ between tests: each source of a batch stands in a namespace of its own (write_batches.cmake).
# Those that write into other namespaces are compiled apart.
set(KEFU_BATCH_SIZE 5 CACHE STRING "Test sources in one compiled unit when KEFU_UNITY is on")
set(kefu_writes_outside "^(namespace [a-z]|KEFU_[A-Z_]*(NAMESPACE|FIELDS)|template <>|extern )")

# kefu_batches(RESULT SOURCE...): the sources to compile instead of these.
function(kefu_batches result)
  set(sources)
  set(apart)
  foreach(source ${ARGN})
    get_filename_component(source ${source} ABSOLUTE)
    file(STRINGS ${source} outside LIMIT_COUNT 1 REGEX "${kefu_writes_outside}")
    if(outside)
      list(APPEND apart ${source})
    else()
      list(APPEND sources ${source})
    endif()
  endforeach()
  list(LENGTH sources count)
  if(NOT KEFU_UNITY OR count LESS 2)
    set(${result} ${sources} ${apart} PARENT_SCOPE)
    return()
  endif()
  math(EXPR batches "(${count} + ${KEFU_BATCH_SIZE} - 1) / ${KEFU_BATCH_SIZE}")
  set(units)
  foreach(number RANGE 1 ${batches})
    list(APPEND units ${CMAKE_CURRENT_BINARY_DIR}/batches/${result}_${number}.cpp)
  endforeach()
  set(writer ${PROJECT_SOURCE_DIR}/tests/batches/write_batches.cmake)
  add_custom_command(OUTPUT ${units}
    COMMAND ${CMAKE_COMMAND} -D ROOT=${PROJECT_SOURCE_DIR} -D "OUTSIDE=${kefu_writes_outside}" -D "UNITS=${units}" -D "SOURCES=${sources}" -P ${writer}
    DEPENDS ${sources} ${writer} VERBATIM COMMENT "Writing the batches ${result}")
  set(${result} ${units} ${apart} PARENT_SCOPE)
endfunction()
