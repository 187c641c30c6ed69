//! The requirements, in the order of the specification.

use super::{Evidence, Requirement};

/// Every sentence of the specification's page.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        topic: "HotSpot CSP",
        text: "The HotSpot configuration service provider is used to configure and enable Internet sharing on the device, in which the device can be configured to share its cellular connection over Wi-Fi with up to eight client devices or computers.",
        evidence: Evidence::Tests(&[
            "service::tests::clients::up_to_eight_clients_share_over_wifi",
        ]),
    },
    Requirement {
        topic: "HotSpot CSP",
        text: "HotSpot CSP is only supported in Windows 10 Mobile.",
        evidence: Evidence::Nothing("it says which devices have the provider"),
    },
    Requirement {
        topic: "HotSpot CSP",
        text: "This configuration service provider requires the ID_CAP_CSP_FOUNDATION capability to be accessed from a network configuration application.",
        evidence: Evidence::Tests(&[
            "csp::tests::documents::a_caller_without_the_capability_is_refused",
        ]),
    },
    Requirement {
        topic: "HotSpot CSP",
        text: "The following diagram shows the HotSpot configuration service provider management object in tree format as used by OMA Client Provisioning.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::every_optional_node_can_be_left_out",
            "csp::tests::documents::every_fault_is_reported_at_once_with_its_line",
        ]),
    },
    Requirement {
        topic: "HotSpot CSP",
        text: "The OMA DM protocol is not supported by this configuration service provider.",
        evidence: Evidence::Tests(&["csp::tests::documents::a_syncml_document_is_refused"]),
    },
    Requirement {
        topic: "Enabled",
        text: "Required.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::enabled_is_required_and_a_document_without_it_is_warned",
        ]),
    },
    Requirement {
        topic: "Enabled",
        text: "Specifies whether to enable Internet sharing on the device.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::enabled_false_turns_the_feature_off_and_removes_the_screen",
            "service::tests::settings::enabled_true_adds_the_screen_and_sharing_waits_for_the_user",
        ]),
    },
    Requirement {
        topic: "Enabled",
        text: "The default is false.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::enabled_is_a_boolean_and_false_by_default",
        ]),
    },
    Requirement {
        topic: "Enabled",
        text: "If this is initially set to false, the feature is turned off and the Internet sharing screen is removed from Settings so that the user cannot access it.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::enabled_false_turns_the_feature_off_and_removes_the_screen",
        ]),
    },
    Requirement {
        topic: "Enabled",
        text: "Configuration changes or connection sharing state changes will not be possible.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::while_enabled_is_false_configuration_and_state_cannot_be_changed",
            "service::tests::settings::enabled_false_ends_an_attempt_that_still_asks",
        ]),
    },
    Requirement {
        topic: "Enabled",
        text: "When this is set to true, the Internet sharing screen is added to Settings, though sharing is turned off by default until the user turns it on.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::enabled_true_adds_the_screen_and_sharing_waits_for_the_user",
            "service::tests::settings::sharing_is_off_after_a_reboot",
        ]),
    },
    Requirement {
        topic: "Enabled",
        text: "This setting can be provisioned over the air, but it may require a reboot if Settings was open when this was enabled for the first time.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::enabled_can_be_provisioned_over_the_air",
            "service::tests::settings::a_first_enabling_while_settings_is_open_needs_a_reboot",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "Specifies the semicolon separated list of Connection Manager cellular connections that Internet sharing will use as the public connections.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::dedicated_connections_is_a_list_with_semicolons",
            "service::tests::connections::dedicated_connections_are_the_ones_that_are_shared",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "By default, any available connection will be used as a public connection.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::any_available_connection_is_shared_by_default",
            "service::tests::connections::a_connection_that_comes_later_is_shared_where_any_is",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "However, this node allows a mobile operator to specify one or more connection names to use as public connections.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::dedicated_connections_are_the_ones_that_are_shared",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "Specified connections will be mapped, by policy, to the Internet sharing service.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::dedicated_connections_are_the_ones_that_are_shared",
            "service::tests::connections::the_service_sees_the_mapped_connections_only",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "All attempts to enumerate Connection Manager connections for the Internet sharing service will return only the mapped connections.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::the_service_sees_the_mapped_connections_only",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "The mapping policy will also include the connection specified in the TetheringNAIConnection value as well.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::the_mapping_has_both_dedicated_and_nai_connections",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "If the specified connections do not exist, Internet sharing will not start because it will not have any cellular connections available to share",
        evidence: Evidence::Tests(&[
            "service::tests::connections::sharing_does_not_start_without_a_connection_that_exists",
        ]),
    },
    Requirement {
        topic: "DedicatedConnections",
        text: "If the Internet sharing service is already in a sharing state, setting this node will not take effect until sharing is stopped and restarted.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::a_node_set_while_sharing_waits_until_sharing_is_stopped_and_restarted",
        ]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "Specifies the CDMA TetheringNAI Connection Manager cellular connection that Internet sharing will use as a public connection.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::the_nai_connection_is_the_one_active_connection_of_a_cdma_device",
        ]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "If a CDMA mobile operator requires using a Tethering NAI during Internet sharing, they must use the CM_CellularEntries configuration service provider to provision a TetheringNAI connection and then specify the provisioned connection in this node.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::tethering_nai_connection_has_to_be_provisioned_through_cm_cellular_entries",
        ]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "Specified connections will be mapped, by policy, to the Internet sharing service.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::dedicated_connections_are_the_ones_that_are_shared",
            "service::tests::connections::the_service_sees_the_mapped_connections_only",
        ]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "All attempts to enumerate Connection Manager connections for the Internet sharing service will return only the mapped connections.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::the_service_sees_the_mapped_connections_only",
        ]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "The mapping policy will also include the connections specified in the DedicatedConnections as well.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::the_mapping_has_both_dedicated_and_nai_connections",
        ]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "If the specified connections do not exist, Internet sharing will not start because it will not have any cellular connections available to share",
        evidence: Evidence::Tests(&[
            "service::tests::connections::sharing_does_not_start_without_a_connection_that_exists",
        ]),
    },
    Requirement {
        topic: "TetheringNAIConnection",
        text: "If the Internet sharing service is already in a sharing state, setting this node will not take effect until sharing is stopped and restarted.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::a_node_set_while_sharing_waits_until_sharing_is_stopped_and_restarted",
        ]),
    },
    Requirement {
        topic: "MaxUsers",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "MaxUsers",
        text: "Specifies the maximum number of simultaneous users that can be connected to a device while in a sharing state.",
        evidence: Evidence::Tests(&[
            "service::tests::clients::max_users_is_the_most_that_can_be_connected_at_once",
            "service::tests::clients::no_client_joins_while_nothing_is_shared",
        ]),
    },
    Requirement {
        topic: "MaxUsers",
        text: "The value must be between 1 and 8 inclusive.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::max_users_is_between_1_and_8_and_5_by_default",
        ]),
    },
    Requirement {
        topic: "MaxUsers",
        text: "The default value is 5.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::max_users_is_between_1_and_8_and_5_by_default",
            "service::tests::clients::five_users_can_be_connected_by_default",
        ]),
    },
    Requirement {
        topic: "MaxUsers",
        text: "If the Internet sharing service is already in a sharing state, setting this node will not take effect until sharing is stopped and restarted.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::a_node_set_while_sharing_waits_until_sharing_is_stopped_and_restarted",
        ]),
    },
    Requirement {
        topic: "MaxBluetoothUsers",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "MaxBluetoothUsers",
        text: "Specifies the maximum number of simultaneous Bluetooth users that can be connected to a device while sharing over Bluetooth.",
        evidence: Evidence::Tests(&[
            "service::tests::clients::max_bluetooth_users_is_the_most_over_bluetooth",
            "service::tests::clients::fewer_bluetooth_users_at_once_disconnect_the_last_to_join",
        ]),
    },
    Requirement {
        topic: "MaxBluetoothUsers",
        text: "The value must be between 1 and 7 inclusive.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::max_bluetooth_users_is_between_1_and_7_and_7_by_default",
        ]),
    },
    Requirement {
        topic: "MaxBluetoothUsers",
        text: "The default value is 7.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::max_bluetooth_users_is_between_1_and_7_and_7_by_default",
            "service::tests::clients::seven_users_can_be_connected_over_bluetooth_by_default",
        ]),
    },
    Requirement {
        topic: "MOHelpNumber",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "MOHelpNumber",
        text: "A mobile operator–specified device number that is displayed to the user when the Internet sharing service fails to start.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::mo_help_number_is_a_telephone_number",
            "message::tests::notices::mo_help_number_is_shown_when_the_service_fails_to_start",
        ]),
    },
    Requirement {
        topic: "MOHelpNumber",
        text: "The user interface displays a message informing the user that they can call the specified number for help.",
        evidence: Evidence::Tests(&[
            "message::tests::notices::the_user_can_call_the_number_for_help",
        ]),
    },
    Requirement {
        topic: "MOInfoLink",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "MOInfoLink",
        text: "A mobile operator–specified HTTP link that is displayed to the user when Internet sharing is disabled or the device is not entitled.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::mo_info_link_is_a_web_link",
            "message::tests::notices::mo_info_link_is_shown_when_sharing_is_disabled_or_the_device_is_not_entitled",
        ]),
    },
    Requirement {
        topic: "MOInfoLink",
        text: "The user interface displays a message informing the user that they can visit the specified link for more information about how to enable the feature.",
        evidence: Evidence::Tests(&[
            "message::tests::notices::the_user_can_visit_the_link_for_more_information",
        ]),
    },
    Requirement {
        topic: "MOAppLink",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "MOAppLink",
        text: "A Windows device application link that points to a preinstalled application, provided by the mobile operator, that will help a user to subscribe to the mobile operator’s Internet sharing service when Internet sharing is not provisioned or entitlement fails.",
        evidence: Evidence::Tests(&[
            "message::tests::notices::mo_app_link_is_shown_when_sharing_is_not_provisioned_or_entitlement_fails",
        ]),
    },
    Requirement {
        topic: "MOAppLink",
        text: "The general format for the link is app://MOapp.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::mo_app_link_has_the_form_app_link"]),
    },
    Requirement {
        topic: "MOHelpMessage",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "MOHelpMessage",
        text: "Reference to a localized string, provided by the mobile operator, that is displayed when Internet sharing is not enabled due to entitlement failure.",
        evidence: Evidence::Tests(&[
            "message::tests::notices::mo_help_message_is_shown_when_entitlement_fails",
            "message::tests::strings::a_string_comes_in_the_language_that_the_system_would_choose",
        ]),
    },
    Requirement {
        topic: "MOHelpMessage",
        text: "The node takes a language-neutral registry value string, which has the following form: @<path_to_res_dll>,-<str_id>",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::mo_help_message_is_a_library_and_a_string_id",
        ]),
    },
    Requirement {
        topic: "MOHelpMessage",
        text: "Where <path_to_res_dll> is the path to the resource dll that contains the string and <str_id> is the string identifier.",
        evidence: Evidence::Tests(&[
            "message::tests::strings::the_reference_leads_to_the_string_through_the_image",
        ]),
    },
    Requirement {
        topic: "MOHelpMessage",
        text: "For more information on language-neutral string resource registry values, see Using Registry String Redirection on MSDN.",
        evidence: Evidence::Nothing("it points to another page"),
    },
    Requirement {
        topic: "MOHelpMessage",
        text: "MOAppLink is required to use the MOHelpMessage setting.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::mo_help_message_needs_mo_app_link",
            "message::tests::notices::mo_help_message_is_not_shown_without_mo_app_link",
        ]),
    },
    Requirement {
        topic: "EntitlementRequired",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "EntitlementRequired",
        text: "Specifies whether the device requires an entitlement check to determine if Internet sharing should be enabled.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::no_check_is_made_where_none_is_required",
            "service::tests::checks::every_attempt_to_enable_is_checked",
        ]),
    },
    Requirement {
        topic: "EntitlementRequired",
        text: "This node is set to a Boolean value.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::entitlement_required_is_a_boolean_and_true_by_default",
        ]),
    },
    Requirement {
        topic: "EntitlementRequired",
        text: "The default value is True.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::entitlement_required_is_a_boolean_and_true_by_default",
        ]),
    },
    Requirement {
        topic: "EntitlementRequired",
        text: "By default the Internet sharing service will check entitlement every time an attempt is made to enable Internet sharing.",
        evidence: Evidence::Tests(&["service::tests::checks::every_attempt_to_enable_is_checked"]),
    },
    Requirement {
        topic: "EntitlementRequired",
        text: "Internet sharing should be set to False for carrier-unlocked devices.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::no_check_is_made_where_none_is_required",
        ]),
    },
    Requirement {
        topic: "EntitlementDll",
        text: "Required if EntitlementRequired is set to true.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::entitlement_dll_is_required_if_entitlement_required_is_set_to_true",
        ]),
    },
    Requirement {
        topic: "EntitlementDll",
        text: "The path to the entitlement DLL used to make entitlement checks that verify that the device is entitled to use the Internet sharing service on a mobile operator’s network.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::the_library_of_entitlement_dll_is_asked",
            "service::tests::checks::another_sim_ends_sharing_and_voids_a_running_check",
        ]),
    },
    Requirement {
        topic: "EntitlementDll",
        text: "The value is a string that represents a valid file system path to the entitlement DLL.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::entitlement_dll_is_a_valid_file_path",
            "state::image::tests::a_windows_path_leads_to_a_file_whatever_its_letter_case",
        ]),
    },
    Requirement {
        topic: "EntitlementDll",
        text: "By default, the Internet sharing service fails entitlement checks if this setting is missing or empty.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::without_entitlement_dll_every_check_fails",
        ]),
    },
    Requirement {
        topic: "EntitlementDll",
        text: "For more information, see Creating an Entitlement DLL later in this topic.",
        evidence: Evidence::Nothing("it points to another part of the page"),
    },
    Requirement {
        topic: "EntitlementInterval",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "EntitlementInterval",
        text: "The time interval, in seconds, between entitlement checks.",
        evidence: Evidence::Tests(&["service::tests::checks::checks_are_an_interval_apart"]),
    },
    Requirement {
        topic: "EntitlementInterval",
        text: "The default value is 86,400 seconds (24 hours).",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::entitlement_interval_is_in_seconds_and_86400_by_default",
            "service::tests::checks::checks_are_an_interval_apart",
        ]),
    },
    Requirement {
        topic: "EntitlementInterval",
        text: "If a periodic entitlement check fails, Internet sharing is automatically disabled.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::a_failed_periodic_check_disables_sharing",
        ]),
    },
    Requirement {
        topic: "PeerlessTimeout",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "PeerlessTimeout",
        text: "The time-out period, in minutes, after which Internet sharing should automatically turn off if there are no longer any active clients.",
        evidence: Evidence::Tests(&[
            "service::tests::timeouts::sharing_ends_when_there_are_no_clients_for_peerless_timeout",
        ]),
    },
    Requirement {
        topic: "PeerlessTimeout",
        text: "This node can be set to any value between 1 and 120 inclusive.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::peerless_timeout_is_between_1_and_120_minutes_and_5_by_default",
        ]),
    },
    Requirement {
        topic: "PeerlessTimeout",
        text: "A value of 0 is not supported.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::peerless_timeout_is_between_1_and_120_minutes_and_5_by_default",
        ]),
    },
    Requirement {
        topic: "PeerlessTimeout",
        text: "The default value is 5 minutes.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::peerless_timeout_is_between_1_and_120_minutes_and_5_by_default",
            "service::tests::timeouts::sharing_ends_without_clients_after_five_minutes_by_default",
        ]),
    },
    Requirement {
        topic: "PeerlessTimeout",
        text: "A reboot may be required before changes to this node take effect.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::peerless_timeout_waits_for_the_service_to_start_again",
            "state::tests::restarts::a_change_waits_in_the_folder_for_its_restart",
        ]),
    },
    Requirement {
        topic: "PublicConnectionTimeout",
        text: "Optional.",
        evidence: Evidence::Tests(&["csp::tests::hotspot::every_optional_node_can_be_left_out"]),
    },
    Requirement {
        topic: "PublicConnectionTimeout",
        text: "The time-out value, in minutes, after which Internet sharing is automatically turned off if a cellular connection is not available.",
        evidence: Evidence::Tests(&[
            "service::tests::timeouts::sharing_ends_when_there_is_no_connection_for_public_connection_timeout",
        ]),
    },
    Requirement {
        topic: "PublicConnectionTimeout",
        text: "This node can be set to any value between 1 and 60 inclusive.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::public_connection_timeout_is_between_1_and_60_minutes_and_20_by_default",
        ]),
    },
    Requirement {
        topic: "PublicConnectionTimeout",
        text: "The default value is 20 minutes.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::public_connection_timeout_is_between_1_and_60_minutes_and_20_by_default",
            "service::tests::timeouts::sharing_ends_without_connection_after_twenty_minutes_by_default",
        ]),
    },
    Requirement {
        topic: "PublicConnectionTimeout",
        text: "A time-out is required, so a value of 0 is not supported.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::public_connection_timeout_is_between_1_and_60_minutes_and_20_by_default",
        ]),
    },
    Requirement {
        topic: "PublicConnectionTimeout",
        text: "Changes to this node require a reboot.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::public_connection_timeout_waits_for_a_reboot",
            "state::tests::restarts::a_change_waits_in_the_folder_for_its_restart",
        ]),
    },
    Requirement {
        topic: "MinWifiKeyLength",
        text: "This parm is no longer supported for Windows Phone 8.1.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::obsolete_nodes_are_accepted_with_a_warning_and_not_stored",
        ]),
    },
    Requirement {
        topic: "MinWifiKeyLength",
        text: "The enforced minimum allowed length of the Wi-Fi key is 8.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::a_wifi_key_has_at_least_eight_characters",
        ]),
    },
    Requirement {
        topic: "MinWifiSSIDLength",
        text: "This parm is no longer supported for Windows Phone 8.1.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::obsolete_nodes_are_accepted_with_a_warning_and_not_stored",
        ]),
    },
    Requirement {
        topic: "MinWifiSSIDLength",
        text: "The enforced minimum allowed length of the Wi-Fi SSID is 1.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::a_wifi_ssid_has_at_least_one_character",
        ]),
    },
    Requirement {
        topic: "CDMA networks",
        text: "For CDMA networks that use a separate Network Access Identity (NAI) for Internet sharing, a new parm, TetheringNAI, has been added in the CM_CellularEntries configuration service provider configuration service provider.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::tethering_nai_connection_has_to_be_provisioned_through_cm_cellular_entries",
        ]),
    },
    Requirement {
        topic: "CDMA networks",
        text: "The following sample demonstrates how to specify the connection.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::the_cdma_sample_of_the_specification_is_applied",
            "state::tests::restarts::the_service_is_notified_of_provisioned_connections",
        ]),
    },
    Requirement {
        topic: "CDMA networks",
        text: "CDMA devices are limited to one active data connection at a time.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::the_nai_connection_is_the_one_active_connection_of_a_cdma_device",
        ]),
    },
    Requirement {
        topic: "CDMA networks",
        text: "This means any application or service (such as email or MMS) that is bound to another connection may not work while Internet sharing is turned on.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::what_is_bound_to_another_connection_does_not_work_while_sharing_over_nai",
        ]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "For mobile operator networks that require an entitlement check, the OEM must provide a DLL in the device image that implements a function with the following signature: ICS_ENTITLEMENT_RESULT IsEntitled(void);",
        evidence: Evidence::Rules(&["file/export"]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "The EntitlementDll parm of the HotSpot configuration service provider must be set to a string that is the path to this DLL.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::the_library_of_entitlement_dll_is_asked",
            "state::image::tests::a_windows_path_leads_to_a_file_whatever_its_letter_case",
        ]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "The DLL must be code signed in a specific way, see Sign binaries and packages.",
        evidence: Evidence::Nothing(
            "it is about how Windows trusts a file; no rule looks at signatures yet",
        ),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "During an entitlement check the Internet Sharing service loads the specified DLL and then call the IsEntitled function.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::the_library_of_entitlement_dll_is_asked",
            "service::tests::checks::a_new_library_is_asked_at_the_next_check",
        ]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "The function must connect to the server to perform any required validation, then return one of the following ICS_ENTITLEMENT_RESULT enumeration values.",
        evidence: Evidence::Rules(&[
            "answer/asks-server",
            "answer/entitled",
            "answer/not-entitled",
            "answer/offline",
            "answer/in-range",
        ]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "ENTITLEMENT_SUCCESS: The device is allowed to connect to the server.",
        evidence: Evidence::Tests(&["service::tests::checks::success_starts_sharing"]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "ENTITLEMENT_FAILED: The device is not allowed to connect to the server",
        evidence: Evidence::Tests(&["service::tests::checks::failed_does_not_start_sharing"]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "ENTITLEMENT_UNAVAILABLE: The entitlement check failed because the device could not contact the server or acquire a connection to verify entitlement.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::unavailable_does_not_start_sharing",
            "service::tests::checks::no_answer_within_a_minute_is_unavailable",
        ]),
    },
    Requirement {
        topic: "Entitlement DLL",
        text: "The definition for the ICS_ENTITLEMENT_RESULT is in the header file IcsEntitlementh, which ships with the Windows Adaptation Kit.",
        evidence: Evidence::Nothing("it is about a header; ours is include/IcsEntitlement.h"),
    },
];
