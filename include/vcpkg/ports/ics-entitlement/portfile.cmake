# An overlay port, which installs from the checkout that it is in:
#
#     vcpkg install ics-entitlement --overlay-ports=include/vcpkg/ports
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

# There is nothing to compile, so a debug build would be the same.
set(VCPKG_BUILD_TYPE release)

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}")
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME IcsEntitlement CONFIG_PATH share/cmake/IcsEntitlement)
vcpkg_fixup_pkgconfig()
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/../LICENSE-MIT" "${SOURCE_PATH}/../LICENSE-APACHE")
