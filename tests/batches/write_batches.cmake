# Writes the units that each include some of the sources.
# usage: cmake -D ROOT=FOLDER -D OUTSIDE=REGULAR_EXPRESSION -D "UNITS=FILE;..." -D "SOURCES=FILE;..." -P write_batches.cmake
#
# In a unit first come all the includes of all its sources, so that inside the namespaces below nothing is included any
# more but the sources themselves. Those that write into other namespaces (they define what headers declare, or
# specialise templates) are not batched: one that began to do so after CMake ran is told. Paths are relative to tests/ and src/, so that a compiler cache knows
# the units in every clone.
cmake_minimum_required(VERSION 3.16)

# path_in(RESULT FILE): the path as the compiler finds it through tests/ or src/.
function(path_in result file)
  get_filename_component(file ${file} ABSOLUTE)
  string(REGEX REPLACE "^${ROOT}/(tests|src)/" "" file ${file})
  set(${result} ${file} PARENT_SCOPE)
endfunction()

function(write_unit unit)
  set(includes)
  set(wrapped "")
  foreach(source ${ARGN})
    get_filename_component(folder ${source} DIRECTORY)
    file(STRINGS ${source} lines REGEX "^#include ")
    foreach(line ${lines})
      string(REGEX REPLACE "^#include \"(.*)\".*" "\\1" header ${line})
      if(EXISTS ${folder}/${header})
        path_in(header ${folder}/${header})
        set(line "#include \"${header}\"")
      endif()
      list(APPEND includes "${line}")
    endforeach()

    path_in(name ${source})
    file(STRINGS ${source} outside LIMIT_COUNT 1 REGEX "${OUTSIDE}")
    if(outside)
      message(FATAL_ERROR "${name} now writes into other namespaces: run CMake again, which compiles it apart")
    endif()
    string(MAKE_C_IDENTIFIER "in_${name}" scope)
    string(APPEND wrapped "namespace ${scope} {\n#include \"${name}\"\n}\n")
  endforeach()
  list(REMOVE_DUPLICATES includes)
  string(REPLACE ";" "\n" includes "${includes}")
  set(text "${includes}\n\n${wrapped}")
  set(before "")
  if(EXISTS ${unit})
    file(READ ${unit} before)
  endif()
  if(NOT text STREQUAL before)
    file(WRITE ${unit} "${text}")
  endif()
endfunction()

list(LENGTH SOURCES count)
list(LENGTH UNITS batches)
set(number 0)
foreach(unit ${UNITS})
  # Neighbours stay together, and no batch is much smaller than the others.
  math(EXPR begin "${count} * ${number} / ${batches}")
  math(EXPR number "${number} + 1")
  math(EXPR length "${count} * ${number} / ${batches} - ${begin}")
  list(SUBLIST SOURCES ${begin} ${length} members)
  write_unit(${unit} ${members})
endforeach()
