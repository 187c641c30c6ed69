# find_package(IcsEntitlement), in a checkout, installed, or from vcpkg. Two targets:
#
#   IcsEntitlement::IcsEntitlement     the header
#   IcsEntitlement::ModuleDefinition   the header, and on Windows the module-definition file, which exports IsEntitled
#                                      undecorated whatever the project's calling convention is
#
# IcsEntitlement_INCLUDE_DIR is the folder with the header and IcsEntitlement.def.

foreach(_ics_entitlement_folder
    "${CMAKE_CURRENT_LIST_DIR}/.."                 # a checkout: include/cmake
    "${CMAKE_CURRENT_LIST_DIR}/../../include"      # vcpkg: share/IcsEntitlement
    "${CMAKE_CURRENT_LIST_DIR}/../../../include")  # installed: share/cmake/IcsEntitlement
  get_filename_component(_ics_entitlement_folder "${_ics_entitlement_folder}" ABSOLUTE)
  if(EXISTS "${_ics_entitlement_folder}/IcsEntitlement.h")
    set(IcsEntitlement_INCLUDE_DIR "${_ics_entitlement_folder}")
    break()
  endif()
endforeach()
unset(_ics_entitlement_folder)

if(NOT IcsEntitlement_INCLUDE_DIR)
  set(IcsEntitlement_FOUND FALSE)
  set(IcsEntitlement_NOT_FOUND_MESSAGE
    "IcsEntitlement.h is not where it was installed with ${CMAKE_CURRENT_LIST_FILE}; install both again")
  return()
endif()

if(NOT TARGET IcsEntitlement::IcsEntitlement)
  add_library(IcsEntitlement::IcsEntitlement INTERFACE IMPORTED ${_ics_entitlement_scope})
  set_target_properties(IcsEntitlement::IcsEntitlement PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${IcsEntitlement_INCLUDE_DIR}")

  add_library(IcsEntitlement::ModuleDefinition INTERFACE IMPORTED ${_ics_entitlement_scope})
  set_target_properties(IcsEntitlement::ModuleDefinition PROPERTIES
    INTERFACE_LINK_LIBRARIES IcsEntitlement::IcsEntitlement)
  if(WIN32)
    # The header must not export the name a second time.
    set_target_properties(IcsEntitlement::ModuleDefinition PROPERTIES
      INTERFACE_COMPILE_DEFINITIONS "ICS_ENTITLEMENT_API="
      INTERFACE_SOURCES "${IcsEntitlement_INCLUDE_DIR}/IcsEntitlement.def")
  endif()
endif()
