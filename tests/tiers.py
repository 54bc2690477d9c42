"""Which tests `make test` leaves to `make test-all`: those that take long and seldom fail alone.

Everything else, and every new file, is in the core tier. Whatever is named on the command line is run, in either tier.
"""

from __future__ import annotations

from typing import Final

# Files, or tests of a file, below `tests`.
FULL: Final = frozenset(
    {
        # Each page in the languages, and at the width and in the scheme, that the core leaves out.
        "browser/test_dashboard.py::test_no_page_has_a_fault_of_layout_in_another_language",
        "browser/test_accessibility_rules.py::test_no_page_violates_a_rule_on_a_phone",
        "browser/test_accessibility_rules.py::test_the_colors_of_no_page_violate_a_rule_in_the_other_scheme",
        # Every page once more, for the files it asks for; the symbols of sprites are unit tests.
        "browser/test_pictures.py::test_pictures_are_drawn_from_files_of_ones_own",
        # Twenty clicks on a month of visits; the core's clicks are in `test_filters.py`.
        "browser/test_filter_clicks.py",
        # Trackers in all the places of a page, and those that others wrote. The core's journeys are in `test_visit.py`.
        "browser/test_other_clients.py",
        "browser/test_tracker_beacons.py",
        "browser/test_tracker_places.py",
        "browser/test_visit.py::test_a_frame_in_sight_and_a_module_are_counted",
        "browser/test_visit.py::test_a_hidden_frame_and_a_second_tag_leave_a_bounce_a_bounce",
        "browser/test_visit.py::test_a_page_has_one_name_however_its_address_is_written",
        "browser/test_visit.py::test_a_page_is_the_same_to_the_tracker_and_to_the_collector",
        "browser/test_visit.py::test_a_page_that_a_script_replaces_at_once_is_no_view_and_spoils_no_bounce",
        "browser/test_visit.py::test_a_tab_closed_at_once_is_a_visit",
        "browser/test_visit.py::test_headless_chromium_is_kept_apart_as_a_robot",
        "browser/test_visit.py::test_what_a_person_does_however_quickly_is_two_views",
        # Volume, deployments, faults, fuzzing.
        # Every example, with curl and in Python: what they ask is asked in the core by `test_rights_matrix.py`.
        "stack/test_api_examples.py",
        "stack/test_api_client.py::test_the_program_is_typed",
        "stack/test_cold_start.py",
        # Spark takes 600 MB of disk.
        "stack/test_data_files.py",
        "stack/test_demo.py",
        "stack/test_deploy.py",
        "stack/test_slow_link.py",
        "stack/test_exactness.py::test_an_aggregation_killed_at_any_call_is_repaired_by_the_next",
        "stack/test_exactness.py::test_a_worker_process_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing",
        "stack/test_exactness.py::test_every_message_delivered_twice_and_shuffled_gives_the_same_rollup_byte_for_byte",
        "stack/test_faults.py",
        "stack/test_ingest.py::test_ten_thousand_hits_of_three_thousand_visitors_are_all_counted",
        "stack/test_large_installation.py",
        "stack/test_load.py",
        "stack/test_local_stack.py",
        # A real provider: functions know its settings for half a minute. The core has one that misbehaves.
        "stack/test_oidc.py",
        "stack/test_openapi.py",
        "stack/test_poison.py::test_whatever_is_sent_to_one_site_another_loses_no_hit_by_it",
        # Fifty questions about a month of two sites, with every table; the core asks five.
        "stack/test_questions.py::test_a_series_is_the_same_from_rollups_and_from_visits",
        "stack/test_questions.py::test_many_questions_agree_with_what_was_sent",
        "stack/test_questions.py::test_without_filters_every_dimension_and_metric_is_that_of_the_rollups",
        "stack/test_restore.py",
        "stack/test_shynet_semantics.py::test_a_sequence_makes_the_sessions_it_makes_in_shynet",
        # Rollups of the largest size, and databases that were made to exhaust their readers.
        "unit/aggregate/test_metrics.py::test_the_largest_rollups_fit_an_item_and_leave_nothing_uncounted",
        "unit/enrich/test_geoip_maxmind.py::test_none_of_them_is_a_danger_to_hits",
    }
)


def is_full(path: str, function: str) -> bool:
    """Whether a test belongs to the full tier only.

    :param path: of its file, below ``tests``.
    """
    return path in FULL or f"{path}::{function}" in FULL
