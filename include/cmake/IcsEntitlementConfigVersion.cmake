# Which versions of the package a project can ask for: as in Semantic Versioning those of the same major version, and
# before 1.0 those of the same minor version.
set(PACKAGE_VERSION "0.1.0")

string(REGEX MATCH "^(0\\.[0-9]+|[0-9]+)" _ics_entitlement_series "${PACKAGE_VERSION}")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
if(PACKAGE_FIND_VERSION_RANGE)
  if(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION_MIN
      AND (PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION_MAX
        OR (PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION_MAX AND PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "INCLUDE")))
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
  endif()
elseif(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION)
  string(FIND "${PACKAGE_FIND_VERSION}." "${_ics_entitlement_series}." _ics_entitlement_at)
  if(_ics_entitlement_at EQUAL 0)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
  endif()
  if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
