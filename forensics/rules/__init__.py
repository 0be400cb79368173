"""Rules: each knows one kind of issue, and no file format."""

from __future__ import annotations

from forensics.rules._base import Rule
from forensics.rules.applied_but_unknown_migration import applied_but_unknown_migration
from forensics.rules.broken_snapshot_chain import broken_snapshot_chain
from forensics.rules.cast_needs_using import cast_needs_using
from forensics.rules.compiled_schema_not_built import compiled_schema_not_built
from forensics.rules.concurrent_migrators import concurrent_migrators
from forensics.rules.duplicate_migration import duplicate_migration
from forensics.rules.duplicate_migration_index import duplicate_migration_index
from forensics.rules.duplicate_tracking_row import duplicate_tracking_row
from forensics.rules.edited_migration import edited_migration
from forensics.rules.empty_journal import empty_journal
from forensics.rules.empty_migration import empty_migration
from forensics.rules.enum_value_in_same_transaction import enum_value_in_same_transaction
from forensics.rules.failed_migration_recorded import failed_migration_recorded
from forensics.rules.failing_statement import failing_statement
from forensics.rules.file_name_case_mismatch import file_name_case_mismatch
from forensics.rules.forked_history import forked_history
from forensics.rules.held_lock import held_lock
from forensics.rules.ignored_migration_file import ignored_migration_file
from forensics.rules.incomplete_migration import incomplete_migration
from forensics.rules.introspected_baseline import introspected_baseline
from forensics.rules.invalid_database_object import invalid_database_object
from forensics.rules.malformed_journal import malformed_journal
from forensics.rules.malformed_snapshot import malformed_snapshot
from forensics.rules.merge_conflict_markers import merge_conflict_markers
from forensics.rules.migration_out_of_order import migration_out_of_order
from forensics.rules.missing_extension import missing_extension
from forensics.rules.missing_journal import missing_journal
from forensics.rules.missing_migration_file import missing_migration_file
from forensics.rules.missing_privilege import missing_privilege
from forensics.rules.missing_snapshot import missing_snapshot
from forensics.rules.missing_statement_breakpoint import missing_statement_breakpoint
from forensics.rules.non_transactional_statement import non_transactional_statement
from forensics.rules.orphan_snapshot import orphan_snapshot
from forensics.rules.outdated_snapshot_version import outdated_snapshot_version
from forensics.rules.partially_applied_migration import partially_applied_migration
from forensics.rules.pushed_before_migrating import pushed_before_migrating
from forensics.rules.recorded_not_applied import recorded_not_applied
from forensics.rules.renamed_after_applied import renamed_after_applied
from forensics.rules.replay_fails import replay_fails
from forensics.rules.rows_decide import rows_decide
from forensics.rules.schema_drift import schema_drift
from forensics.rules.search_path_mismatch import search_path_mismatch
from forensics.rules.shared_tracking_table import shared_tracking_table
from forensics.rules.snapshot_collision import snapshot_collision
from forensics.rules.squashed_history import squashed_history
from forensics.rules.stale_snapshot import stale_snapshot
from forensics.rules.statement_timeout import statement_timeout
from forensics.rules.stray_file_in_meta import stray_file_in_meta
from forensics.rules.table_rebuild_loses_rows import table_rebuild_loses_rows
from forensics.rules.tool_object_collision import tool_object_collision
from forensics.rules.tracking_rows_missing import tracking_rows_missing
from forensics.rules.tracking_table_in_two_schemas import tracking_table_in_two_schemas
from forensics.rules.tracking_timestamp_corrupt import tracking_timestamp_corrupt
from forensics.rules.unlisted_migration_file import unlisted_migration_file
from forensics.rules.unmanaged_table import unmanaged_table
from forensics.rules.wrong_provider import wrong_provider
from forensics.rules.wrong_text_encoding import wrong_text_encoding

__all__ = ["RULES", "Rule"]

RULES: tuple[Rule, ...] = (
    compiled_schema_not_built,
    wrong_provider,
    missing_journal,
    empty_journal,
    malformed_journal,
    merge_conflict_markers,
    stray_file_in_meta,
    malformed_snapshot,
    wrong_text_encoding,
    missing_snapshot,
    outdated_snapshot_version,
    snapshot_collision,
    forked_history,
    stale_snapshot,
    orphan_snapshot,
    broken_snapshot_chain,
    file_name_case_mismatch,
    missing_migration_file,
    ignored_migration_file,
    duplicate_migration,
    duplicate_migration_index,
    empty_migration,
    incomplete_migration,
    unlisted_migration_file,
    migration_out_of_order,
    tracking_table_in_two_schemas,
    shared_tracking_table,
    tracking_timestamp_corrupt,
    squashed_history,
    tracking_rows_missing,
    search_path_mismatch,
    failed_migration_recorded,
    recorded_not_applied,
    pushed_before_migrating,
    duplicate_tracking_row,
    renamed_after_applied,
    concurrent_migrators,
    applied_but_unknown_migration,
    edited_migration,
    partially_applied_migration,
    invalid_database_object,
    replay_fails,
    unmanaged_table,
    schema_drift,
    missing_privilege,
    held_lock,
    statement_timeout,
    cast_needs_using,
    enum_value_in_same_transaction,
    non_transactional_statement,
    tool_object_collision,
    missing_extension,
    introspected_baseline,
    missing_statement_breakpoint,
    table_rebuild_loses_rows,
    rows_decide,
    failing_statement,
)
"""In the order in which the tool meets the artefacts."""
