-- What each role may do: these grants are the architecture
-- depends: 0002-projections

-- migrate: apply

-- Each exam by its newest pass list.
create view registry.exams as
select l.*, l.public_until is null or l.public_until > extract(epoch from now()) as is_public
from registry.pass_list l
where not exists (select from registry.pass_list o where o.exam = l.exam and o.revision > l.revision);

-- Rows of the newest lists that are within their term.
create view registry.shown_rows with (security_barrier) as
select r.list, r.ordinal, r.serial, r.name, r.id
from registry.list_row r
where exists (select from registry.exams e where e.index = r.list and e.is_public);

-- Statements that the service may see: no lookup index, and of pass lists the newest within their term.
create view registry.published with (security_barrier) as
select s.index, s.kind, s.digest, s.bytes
from registry.statement s
where s.kind <> 4
    and (s.kind <> 3 or exists (select from registry.exams e where e.index = s.index and e.is_public));

create view registry.keyrings as
select k.version, k.index, s.digest, s.bytes
from registry.keyring k join registry.statement s using (index);

create view registry.certificates as
select c.number, c.index, c.exam, c.short, s.bytes
from registry.certificate c join registry.statement s using (index);

create view registry.changes as
select c.index, c.number, c.replacement, s.bytes
from registry.change c join registry.statement s using (index);

-- Final lists, and by hash alone which certificates each names: for ever, whatever the list's term.
create view registry.final_lists as
select l.index, l.exam, l.kid, l.issued_at from registry.pass_list l where l.stage = 'final';

-- The lists that answers rest on, for their signatures to be checked: every final one, and each exam's newest.
create view registry.list_statements with (security_barrier) as
select l.index, l.programme, s.bytes
from registry.pass_list l join registry.statement s using (index)
where l.stage = 'final' or exists (select from registry.exams e where e.index = l.index);

create view registry.listed as
select r.list, r.short from registry.list_row r where r.short is not null;

-- Certificate numbers filed under lookup keys: who knows no key learns nothing.
create function registry.lookup(keys bytea[]) returns table (key bytea, number text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if cardinality(keys) > 1000 then
        raise data_exception using message = 'too many lookup keys';
    end if;
    return query select r.key, r.number from registry.lookup_row r where r.key = any(keys);
end $$;

revoke all on all functions in schema registry from public;
alter default privileges revoke execute on functions from public;
revoke all on schema public from public;
do $$ begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to yinjian_signer, yinjian_reader', current_database());
end $$;

grant usage on schema registry to yinjian_signer, yinjian_reader;

grant select on all tables in schema registry to yinjian_signer;
grant execute on function registry.begin_publishing() to yinjian_signer;
grant insert (index, bytes) on registry.statement to yinjian_signer;

grant select on registry.exams, registry.shown_rows, registry.published, registry.keyrings,
    registry.certificates, registry.changes, registry.final_lists, registry.listed, registry.list_statements
    to yinjian_reader;
grant execute on function registry.lookup(bytea[]) to yinjian_reader;

-- migrate: rollback
