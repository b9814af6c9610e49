"""Every volatile function that the reader's role may execute, by why that does no harm: read one by one (ADR 12).

PostgreSQL marks a function volatile when it may change something or answer twice differently. A new version of
PostgreSQL, an extension or a migration that brings another one makes the test fail until it stands here or is
taken away (migrations/administrator.sql).
"""

REVIEWED = {
    "ours: answers about what is published": "",
    "changes nothing: time, chance, and what the session is": """
        array_sample array_shuffle clock_timestamp current_query gen_random_uuid pg_jit_available random
        random_normal setseed timeofday uuidv4 uuidv7""",
    "the session's own settings, which bind nobody else": "set_config",
    "waits, on one of the role's own connections, of which there are few": "pg_sleep pg_sleep_for pg_sleep_until",
    "lets go of locks, and takes none": """
        pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared""",
    "large objects that nobody can open or make any more": "lo_close lo_lseek lo_lseek64 lo_tell lo_tell64",
    "needs a right on a sequence or table, of which the reader has none but to read": """
        currtid2 currval lastval nextval pg_clear_attribute_stats pg_clear_relation_stats pg_get_sequence_data
        pg_restore_attribute_stats pg_restore_relation_stats pg_sequence_last_value setval""",
    "needs the relation's owner": """
        brin_desummarize_range brin_summarize_new_values brin_summarize_range gin_clean_pending_list""",
    "asks on the reader's own behalf, with its rights": """
        cursor_to_xml cursor_to_xmlschema query_to_xml query_to_xml_and_xmlschema query_to_xmlschema ts_rewrite
        ts_stat""",
    "reaches the role's own sessions alone: the service's, if its host was taken, and no publisher's": """
        pg_cancel_backend pg_terminate_backend""",
    "a message to who listens: nobody does; the queue is bounded, and no publisher writes to it": "pg_notify",
    "holds a snapshot, as any open transaction does: rows are only ever added, so little is kept by it": """
        pg_export_snapshot""",
    "needs the attribute REPLICATION": """
        pg_copy_logical_replication_slot pg_copy_physical_replication_slot pg_create_logical_replication_slot
        pg_create_physical_replication_slot pg_drop_replication_slot pg_logical_slot_get_binary_changes
        pg_logical_slot_get_changes pg_logical_slot_peek_binary_changes pg_logical_slot_peek_changes
        pg_replication_slot_advance pg_sync_replication_slots""",
    "needs a superuser, asked inside": """
        pg_extension_config_dump pg_import_system_collations pg_nextoid pg_stop_making_pinned_objects""",
    "works while pg_upgrade runs, and then alone": """
        binary_upgrade_add_sub_rel_state binary_upgrade_create_empty_extension
        binary_upgrade_logical_slot_has_caught_up binary_upgrade_replorigin_advance
        binary_upgrade_set_missing_value binary_upgrade_set_next_array_pg_type_oid
        binary_upgrade_set_next_heap_pg_class_oid binary_upgrade_set_next_heap_relfilenode
        binary_upgrade_set_next_index_pg_class_oid binary_upgrade_set_next_index_relfilenode
        binary_upgrade_set_next_multirange_array_pg_type_oid binary_upgrade_set_next_multirange_pg_type_oid
        binary_upgrade_set_next_pg_authid_oid binary_upgrade_set_next_pg_enum_oid
        binary_upgrade_set_next_pg_tablespace_oid binary_upgrade_set_next_pg_type_oid
        binary_upgrade_set_next_toast_pg_class_oid binary_upgrade_set_next_toast_relfilenode
        binary_upgrade_set_record_init_privs""",
    "only tells: of the server, its log, locks, sizes and counts; no value of any row": """
        pg_available_wal_summaries pg_blocking_pids pg_collation_actual_version pg_control_checkpoint pg_control_init
        pg_control_recovery pg_control_system pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn
        pg_database_collation_actual_version pg_database_size pg_get_loaded_modules pg_get_multixact_members
        pg_get_wait_events pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_get_wal_summarizer_state
        pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused pg_isolation_test_session_is_blocked
        pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
        pg_lock_status pg_notification_queue_usage pg_partition_ancestors pg_partition_tree pg_prepared_xact
        pg_relation_size pg_safe_snapshot_blocking_pids pg_table_size pg_tablespace_size pg_total_relation_size
        pg_wal_summary_contents pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status
        txid_status""",
    "only tells or forgets: the session's own view of the counts": """
        pg_stat_clear_snapshot pg_stat_force_next_flush pg_stat_get_backend_io pg_stat_get_backend_wal
        pg_stat_get_io pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
        pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time
        pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
        pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted
        pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated""",
    "runs as a trigger, handler or part of the server, and refuses a call by SQL": """
        RI_FKey_cascade_del RI_FKey_cascade_upd RI_FKey_check_ins RI_FKey_check_upd RI_FKey_noaction_del
        RI_FKey_noaction_upd RI_FKey_restrict_del RI_FKey_restrict_upd RI_FKey_setdefault_del
        RI_FKey_setdefault_upd RI_FKey_setnull_del RI_FKey_setnull_upd amvalidate bernoulli brinhandler bthandler
        dsnowball_init dsnowball_lexize ginhandler gisthandler hashhandler heap_tableam_handler
        plpgsql_call_handler plpgsql_inline_handler plpgsql_validator spghandler
        suppress_redundant_updates_trigger system tsvector_update_trigger tsvector_update_trigger_column
        unique_key_recheck""",
}
