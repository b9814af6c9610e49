-- What a role with no rights at all may do on any PostgreSQL, and only a superuser can take away (ADR 12).
-- As the administrator, once, in the registry's database; again does no harm.
do $$
declare
    taken record;
    owner name;
begin
    for taken in
        select p.oid::regprocedure as function from pg_proc p
        where p.pronamespace = 'pg_catalog'::regnamespace and (
            -- Large objects: writing without a table.
            p.proname ~ '^lo_(creat|create|from_bytea|get|open|put|truncate|truncate64|unlink)$'
            or p.proname in ('loread', 'lowrite')
            -- Advisory locks: they fill the table of locks that publishing needs.
            or p.proname ~ '^pg_(try_)?advisory_(xact_)?lock(_shared)?$'
            -- The write-ahead log and transaction numbers: written to and used up without a table.
            or p.proname in ('pg_logical_emit_message', 'pg_current_xact_id', 'txid_current')
        )
    loop
        execute format('revoke execute on function %s from public', taken.function);
    end loop;
    -- Programs of a stranger's own; the owner's functions need nothing to run.
    revoke usage on language plpgsql from public;
    select pg_get_userbyid(d.datdba) into owner from pg_database d where d.datname = current_database();
    execute format('grant usage on language plpgsql to %I', owner);
    -- The disk: temporary files and the log's messages, both as large as who asks likes. `yinjian-migrate up` bounds the reader's.
    if current_setting('server_version_num')::int >= 150000 then
        execute format('grant set on parameter temp_file_limit, log_min_messages to %I', owner);
    end if;
end $$;
