# Runs a port without vcpkg, as `cmake -DPORT_DIR=… -DPACKAGE=… -P vcpkg.cmake`: with stand-ins for the functions of
# vcpkg that it calls. They do what vcpkg documents, for a port that is built once, and refuse all else.
cmake_minimum_required(VERSION 3.15)

set(CURRENT_PACKAGES_DIR "${PACKAGE}")
set(CURRENT_BUILDTREES_DIR "${PACKAGE}-build")
get_filename_component(PORT "${PORT_DIR}" NAME)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${result}")
  endif()
endfunction()

function(refuse_other_arguments)
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "the stand-in does not know ${arg_UNPARSED_ARGUMENTS}")
  endif()
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "")
  refuse_other_arguments()
  run("${CMAKE_COMMAND}" -S "${arg_SOURCE_PATH}" -B "${CURRENT_BUILDTREES_DIR}"
    "-DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}")
endfunction()

function(vcpkg_cmake_install)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "")
  refuse_other_arguments()
  run("${CMAKE_COMMAND}" --build "${CURRENT_BUILDTREES_DIR}" --target install)
endfunction()

# Moves the package to where vcpkg has them, and removes a folder `cmake` that it was in.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "PACKAGE_NAME;CONFIG_PATH" "")
  refuse_other_arguments()
  if(NOT VCPKG_BUILD_TYPE STREQUAL "release")
    message(FATAL_ERROR "debug/${arg_CONFIG_PATH} does not exist")
  endif()
  file(RENAME "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}" "${CURRENT_PACKAGES_DIR}/share/${arg_PACKAGE_NAME}")
  file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/cmake")
endfunction()

# Makes prefixes relative, which those of this port are already.
function(vcpkg_fixup_pkgconfig)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "")
  refuse_other_arguments()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  refuse_other_arguments()
  foreach(file IN LISTS arg_FILE_LIST)
    file(READ "${file}" text)
    file(APPEND "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright" "${text}")
  endforeach()
endfunction()

include("${PORT_DIR}/portfile.cmake")
