-- What each role may do: these grants are the architecture
-- depends: 0008-questions

-- migrate: apply

revoke all on all functions in schema registry from public;
alter default privileges revoke execute on functions from public;
revoke all on schema public from public;
do $$ begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to yinjian_signer, yinjian_reader', current_database());
end $$;

grant usage on schema registry to yinjian_signer, yinjian_reader;

grant select on all tables in schema registry to yinjian_signer;
grant insert (index, bytes) on registry.statement to yinjian_signer;
grant execute on function registry.begin_publishing() to yinjian_signer;

grant select on registry.state, registry.keyrings, registry.certificates, registry.changes, registry.list_heads,
    registry.list_statements, registry.shown_rows, registry.index_heads
    to yinjian_reader;
grant execute on function registry.lookup(bytea[]), registry.belonging(bigint, text[]),
    registry.exams_since(bigint), registry.find_rows(bigint, text, int), registry.compare_lists(bigint, bigint),
    registry.changed_rows(bigint)
    to yinjian_reader;

-- migrate: rollback
