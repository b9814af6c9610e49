-- How far the log goes, found without looking at what a publishing under way has filed
-- depends: 0012-changed-rows

-- migrate: apply

-- The greatest index is sought from the end of its tree, and there stands first whatever is not committed, or was rolled
-- back: of 300,000 statements under way every question looked at 6,440 pages, on a standby until they are vacuumed away. A
-- checkpoint says the size that publishing left, and holds where the statement before it is there and none follows.
-- Where one follows that has no checkpoint yet, whoever filed it, it is sought as before.
create or replace view registry.state as
select
    coalesce(
        (
            select c.size from (select p.size from registry.checkpoint p order by p.size desc limit 1) c
            where exists (select from registry.statement s where s.index = c.size - 1)
                and not exists (select from registry.statement s where s.index = c.size)
        ),
        (select max(s.index) + 1 from registry.statement s),
        0
    ) as size,
    (select count(*) from registry.disowned) as disowned,
    k.index as keyring, (select s.digest from registry.statement s where s.index = k.index) as keyring_digest,
    l.index as list, (select s.digest from registry.statement s where s.index = l.index) as list_digest,
    extract(epoch from now())::bigint as now
from (select max(o.index) as index from registry.keyring o) k, (select max(o.index) as index from registry.pass_list o) l;

-- migrate: rollback
