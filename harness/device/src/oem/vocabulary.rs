//! The elements, attributes and namespaces of the two forms.
//!
//! Sources: Microsoft's pages of the customization answer file and of Windows
//! Configuration Designer.

pub(super) const MCSF_ROOT: &str = "ImageCustomizations";
/// An answer file's settings without the rest, as pages show them.
pub(super) const MCSF_FRAGMENT: &str = "Settings";
pub(super) const MCSF_NAMESPACE: &str = "http://schemas.microsoft.com/embedded/2004/10/ImageUpdate";

/// What an answer file has under its root. `Static` and `Variant` hold settings.
pub(super) const MCSF_PARTS: [&str; 4] = ["Imports", "Targets", "Static", "Variant"];
/// What `Static` and `Variant` have.
pub(super) const MCSF_SECTION: [&str; 4] = ["TargetRefs", "Settings", "DataAssets", "Applications"];
/// What `Settings` has.
pub(super) const MCSF_SETTINGS: [&str; 2] = ["Setting", "Asset"];
/// The group of `Settings` under `Connections` that holds cellular ones.
pub(super) const CELLULAR: &str = "Cellular";
/// The path of connections, in both forms.
pub(super) const CONNECTIONS: &str = "Connections";

pub(super) const WCD_ROOT: &str = "WindowsCustomizations";
/// As a page of Microsoft misspells it.
pub(super) const WCD_ROOT_MISSPELT: &str = "WindowsCustomizatons";
pub(super) const WCD_NAMESPACE: &str = "urn:schemas-microsoft-com:windows-provisioning";
pub(super) const WCD_PACKAGE_NAMESPACE: &str =
    "urn:schemas-Microsoft-com:Windows-ICD-Package-Config.v1.0";
/// What `Customizations` has besides `Targets`: the sections. COSA has the last two.
pub(super) const WCD_SECTIONS: [&str; 4] = ["Common", "Variant", "Profile", "Replace"];

/// Elements that hold others. A tag of one that is broken stays open.
const HOLDERS: [&str; 19] = [
    MCSF_ROOT,
    "Settings",
    "Imports",
    "Targets",
    "Target",
    "TargetState",
    "TargetRefs",
    "Static",
    "Variant",
    "DataAssets",
    "Applications",
    WCD_ROOT,
    "PackageConfig",
    "Customizations",
    "Common",
    "Profile",
    "Replace",
    CONNECTIONS,
    CELLULAR,
];

/// Elements that hold a value or nothing.
const LEAVES: [&str; 5] = ["Setting", "Import", "Condition", "TargetRef", "Asset"];

/// Whether an element of this name usually holds others.
pub(super) fn holds_elements(name: &str) -> bool {
    HOLDERS.contains(&name) || matches!(name, "HotSpot" | "Connection")
}

/// Whether an element of one of the forms has this name.
pub(super) fn is_element(name: &str) -> bool {
    holds_elements(name) || LEAVES.contains(&name)
}
