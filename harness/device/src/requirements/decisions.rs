//! Decisions where no public source says more.

use super::{Evidence, Requirement};

pub const DECISIONS: &[Requirement] = &[
    Requirement {
        topic: "Decided here",
        text: "UNAVAILABLE at a periodic check is a failed check: sharing is disabled. There is no grace.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::a_failed_periodic_check_disables_sharing",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A check without an answer after 60 seconds is UNAVAILABLE; so are a crash, an exit, a value out of range and a library that cannot be loaded, which the driver reports as UNAVAILABLE.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::no_answer_within_a_minute_is_unavailable",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "One check runs at a time. An attempt to enable joins a running check, unless the settings now name another library.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::an_attempt_joins_a_running_check",
            "service::tests::checks::an_attempt_does_not_join_a_check_of_another_library",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "An attempt to enable asks the plugin first and looks for connections afterwards, so that every attempt is checked.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::every_attempt_to_enable_is_checked",
            "service::tests::connections::sharing_does_not_start_without_a_connection_that_exists",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "The interval runs from the start of one check to the start of the next; a new interval applies from the next check on.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::checks_are_an_interval_apart",
            "service::tests::checks::a_new_interval_counts_from_the_next_check_on",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "EntitlementRequired applies to a whole sharing session, as it was when the user turned sharing on.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::entitlement_required_is_read_at_the_next_attempt",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Another SIM or operator ends sharing and voids a running check: the answer was for another network.",
        evidence: Evidence::Tests(&[
            "service::tests::checks::another_sim_ends_sharing_and_voids_a_running_check",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A document is applied whole or not at all. In the response to a refused one everything that would have changed something is an error.",
        evidence: Evidence::Tests(&[
            "csp::tests::documents::a_document_is_applied_whole_or_not_at_all",
            "csp::tests::responses::a_refused_document_is_mirrored_with_errors_and_claims_nothing",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A caller without the capability is refused for every node, queries among them.",
        evidence: Evidence::Tests(&[
            "csp::tests::documents::a_caller_without_the_capability_is_refused",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Timers run on a monotonic clock: changing the wall clock neither skips nor repeats a check.",
        evidence: Evidence::Tests(&[
            "service::tests::timeouts::a_clock_that_goes_back_is_not_believed",
            "service::tests::timeouts::a_device_that_slept_through_its_wakes_ends_once",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A change that may need a reboot takes effect at the next start of the service.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::peerless_timeout_waits_for_the_service_to_start_again",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Setting Enabled to false while sharing ends sharing; documents can still set other nodes while it is false, but the user cannot change anything.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::enabled_false_turns_the_feature_off_and_removes_the_screen",
            "service::tests::settings::while_enabled_is_false_configuration_and_state_cannot_be_changed",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A document that leaves HotSpot without Enabled is accepted with a warning: the default keeps the feature off.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::enabled_is_required_and_a_document_without_it_is_warned",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "EntitlementRequired set to true without EntitlementDll refuses a document; true by default only warns, because the specification says that the service fails such checks.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::entitlement_dll_is_required_if_entitlement_required_is_set_to_true",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "EntitlementInterval accepts 1 to 2147483647 seconds, with a warning below 60.",
        evidence: Evidence::Tests(&[
            "csp::tests::hotspot::entitlement_interval_is_in_seconds_and_86400_by_default",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A first enabling while Settings is open shows the screen after a reboot; later ones at once.",
        evidence: Evidence::Tests(&[
            "service::tests::settings::a_first_enabling_while_settings_is_open_needs_a_reboot",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "The peerless time-out also runs when no client ever came.",
        evidence: Evidence::Tests(&[
            "service::tests::timeouts::sharing_ends_without_clients_after_five_minutes_by_default",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Sharing may start while its connections exist and are down; the time-out of the public connection then runs.",
        evidence: Evidence::Tests(&[
            "service::tests::timeouts::sharing_that_starts_without_a_connection_waits_for_one",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Where a connection with a tethering identity is mapped and exists, it alone is shared and all others are suspended until sharing ends.",
        evidence: Evidence::Tests(&[
            "service::tests::connections::the_nai_connection_is_the_one_active_connection_of_a_cdma_device",
            "service::tests::connections::a_suspended_connection_is_no_public_connection",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A lower MaxBluetoothUsers takes effect immediately: the last to join are disconnected.",
        evidence: Evidence::Tests(&[
            "service::tests::clients::fewer_bluetooth_users_at_once_disconnect_the_last_to_join",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "UNAVAILABLE at an attempt to enable shows MOHelpNumber, MOAppLink and MOHelpMessage; MOInfoLink is for a device that is not entitled or on which sharing is disabled.",
        evidence: Evidence::Tests(&[
            "message::tests::notices::mo_info_link_is_shown_when_sharing_is_disabled_or_the_device_is_not_entitled",
            "message::tests::notices::mo_help_message_is_shown_when_entitlement_fails",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "An unknown parm of an entry of CM_CellularEntries is kept with a warning, unless it looks like a misspelling: newer versions of Windows may have more nodes than the public page.",
        evidence: Evidence::Tests(&[
            "csp::tests::documents::an_unknown_parm_of_an_entry_is_kept_with_a_warning",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "One document serves several providers. What is for a known provider of Windows that is not checked here is kept unread, with a note; a provider of no known name is kept unread with a warning. The response echoes both, and answers queries of them as a device that has nothing there. A name that is nearly HotSpot or CM_CellularEntries is a misspelling, and an error.",
        evidence: Evidence::Tests(&[
            "csp::tests::other::known_and_unknown_providers_are_kept_unread_and_ours_is_applied",
            "csp::tests::other::a_misspelt_name_of_ours_is_an_error",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Names of providers and parms are understood in any letter case, with a warning and the documented spelling: Microsoft's lists and documents differ in it (PXLogical, PXLOGICAL), and public reports on its documentation (windows-itpro-docs, issue 7062 and pull request 7959) say that this form ignores it. Where a page spells a name in two ways, both are accepted without a warning. Names of connections are compared exactly: no source says otherwise. Elements and attributes are XML's, and case-sensitive.",
        evidence: Evidence::Tests(&[
            "csp::tests::other::names_in_other_letter_case_are_understood_with_a_warning",
            "csp::tests::cellular::both_spellings_of_the_page_are_accepted",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "`recursive=\"TRUE\"` is understood, with a warning: the document type lists true and false in lower case, but devices do not validate, and Microsoft writes such values in both.",
        evidence: Evidence::Tests(&[
            "csp::tests::other::recursive_in_capitals_is_understood_with_a_warning",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Nodes of CM_CellularEntries that are 0 or 1 do not accept true and false: the page knows 0 and 1 alone. Enumerations and GUIDs are compared without letter case, GUIDs with or without braces.",
        evidence: Evidence::Tests(&[
            "csp::tests::cellular::every_node_takes_what_its_page_says_and_nothing_else",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A connection whose entry has Enabled 0 does not come up and is not shared; without Enabled it is usable, as in the specification's sample.",
        evidence: Evidence::Tests(&[
            "simulation::tests::links::a_disabled_connection_does_not_come_up_and_is_not_shared",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A connection goes down where its Roaming does not allow it, and comes up again where it does.",
        evidence: Evidence::Tests(&[
            "simulation::tests::links::a_connection_is_up_only_where_its_roaming_allows_it",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Where no node names connections, those with UseRequiresMappingsPolicy 1 and those whose PurposeGroups lack the Internet are not shared. Named in DedicatedConnections they are, with a warning: whether HotSpot's list is such a policy is not said.",
        evidence: Evidence::Tests(&[
            "csp::tests::cellular::special_connections_are_shared_only_by_name",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A network access point of NAPDEF is a connection called NAPID@WAP, as Connection Manager knows it; the rest of NAPDEF is not read.",
        evidence: Evidence::Tests(&[
            "csp::tests::other::an_access_point_is_a_connection_that_hotspot_can_name",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A connection that DedicatedConnections names and nothing provisions is a note: the device may have it of its own. The service's log names it when sharing starts or does not start.",
        evidence: Evidence::Tests(&[
            "csp::tests::other::a_connection_that_nothing_provisions_is_a_note",
            "simulation::tests::links::the_log_names_connections_that_do_not_exist",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "MOHelpMessage is looked up in the order of Microsoft's article 169483 for strings: neutral, the user's language and country, the user's language, US English, English, the defaults, any.",
        evidence: Evidence::Tests(&[
            "message::tests::strings::a_string_comes_in_the_language_that_the_system_would_choose",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "The plugin's process can use any connection of the device that is up: the mapping policy binds the service alone. While none is up, because all are down, suspended or gone, the plugin meets no network, however the server is.",
        evidence: Evidence::Tests(&[
            "simulation::tests::the_plugin_meets_no_network_while_no_connection_is_up",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "An answer that comes after the deadline counts as UNAVAILABLE, with that reason, and no deadline is longer than the 60 seconds of the service.",
        evidence: Evidence::Tests(&[
            "ics_harness::ask::tests::an_answer_after_the_deadline_is_unavailable_and_says_so",
            "ics_harness::ask::tests::no_deadline_of_a_device_is_longer_than_the_service_waits",
            "simulation::tests::a_check_that_reaches_its_limit_is_answered_with_its_reason",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Turning the device on is a start of the device: what waits for a reboot or for the service to start takes effect then.",
        evidence: Evidence::Tests(&[
            "simulation::tests::turning_the_device_on_is_what_a_reboot_is",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "The document that a device has when it is turned on for the first time takes effect immediately and as a whole.",
        evidence: Evidence::Tests(&["simulation::tests::nothing_of_the_first_document_waits"]),
    },
    Requirement {
        topic: "Decided here",
        text: "A connection that the device has of its own and that a document names, too, stays as it is; it stays when the document's entry goes.",
        evidence: Evidence::Tests(&[
            "simulation::tests::a_connection_that_is_there_stays_as_it_is_when_a_document_names_it",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "The message says that the operator turned sharing off only after FAILED; without an answer or a library it says that the check could not be made.",
        evidence: Evidence::Tests(&[
            "message::tests::notices::the_headline_names_the_operator_after_failed_alone",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "The response reports a change that waits for a restart, in a `desc` of the element that is echoed: the document type has no other place for it.",
        evidence: Evidence::Tests(&[
            "csp::tests::responses::what_waits_for_a_restart_is_reported_with_its_echo",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "The queries of one document are answered with up to 65,536 elements in all; a query that asks for more is a fault.",
        evidence: Evidence::Tests(&["csp::tests::documents::queries_are_answered_up_to_a_limit"]),
    },
    Requirement {
        topic: "Decided here",
        text: "A characteristic that only asks or deletes makes no entry; one that sets something, or holds nothing, does.",
        evidence: Evidence::Tests(&[
            "csp::tests::documents::only_what_sets_something_makes_an_entry",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A fault outside of any element that could be read is answered as a characteristic-error of the root.",
        evidence: Evidence::Tests(&[
            "csp::tests::responses::a_fault_without_an_element_is_one_of_the_root",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Of an OEM's form one section is converted: the one that is named, else that for all devices, else the only variant. A variant is checked on what the section for all devices leaves.",
        evidence: Evidence::Tests(&[
            "oem::tests::one_section_is_converted_and_the_one_for_all_devices_comes_first",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "A setting that a section of an OEM's form has twice with different values is refused, and so is a second section of one name: no page says which of two counts. The same value twice is a warning.",
        evidence: Evidence::Tests(&[
            "oem::tests::a_section_or_another_value_for_the_second_time_is_refused",
        ]),
    },
    Requirement {
        topic: "Decided here",
        text: "Truth values are written into OEMs' forms as 1 and 0, as the samples of both have them.",
        evidence: Evidence::Tests(&["oem::tests::a_truth_value_is_a_digit_in_both_forms"]),
    },
    Requirement {
        topic: "Decided here",
        text: "What the runtime configuration replaces in an OEM's form, as `$(__MVID)`, stays in a provisioning document as it is, with a warning.",
        evidence: Evidence::Tests(&["oem::tests::a_macro_stays_with_a_warning"]),
    },
    Requirement {
        topic: "Decided here",
        text: "Of a connection in an OEM's form, settings whose parm is not documented, and numbers that stand for a word, are left out with a note.",
        evidence: Evidence::Tests(&["oem::tests::an_option_s_number_is_left_out_with_a_note"]),
    },
];
