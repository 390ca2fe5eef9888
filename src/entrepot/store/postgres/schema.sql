-- What there is; what is missing is made. The tenant leads every key, so that rows of one tenant can live on one machine of many.
-- Tables of things (upgrade.py) are all of one shape: tenant, id, parent, version, document.
CREATE SEQUENCE IF NOT EXISTS entrepot.ids START 100001;
CREATE SEQUENCE IF NOT EXISTS entrepot.nodes; -- a number for each opening: which rows of the totals are its own
CREATE TABLE IF NOT EXISTS entrepot.meta (name text PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE IF NOT EXISTS entrepot.claim (
    tenant bigint NOT NULL,
    hash bytea NOT NULL, -- 128 bits of BLAKE2b over rule and value
    holder bigint NOT NULL,
    PRIMARY KEY (tenant, hash)
);
CREATE TABLE IF NOT EXISTS entrepot.label ( -- what products and devices are found by
    tenant bigint NOT NULL,
    name bytea NOT NULL, -- 64 bits of BLAKE2b: no length, character or collation to mind
    value bytea NOT NULL, -- 128 bits of it; behind a name in small letters, where it is one
    thing bigint NOT NULL,
    PRIMARY KEY (tenant, name, value, thing)
);
CREATE TABLE IF NOT EXISTS entrepot.total ( -- how many there are under each parent; of a kind as a whole: `*device` under the parent 0
    tenant bigint NOT NULL,
    kind text NOT NULL,
    parent bigint NOT NULL,
    shard smallint NOT NULL, -- each node adds in a row of its own; a total is the sum
    n bigint NOT NULL,
    PRIMARY KEY (tenant, kind, parent, shard)
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS entrepot.block ( -- how many there are among ids that begin alike: the way to a deep page
    tenant bigint NOT NULL,
    kind text NOT NULL,
    parent bigint NOT NULL,
    number bigint NOT NULL,
    shard smallint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (tenant, kind, parent, number, shard)
) WITH (fillfactor = 80);
CREATE TABLE IF NOT EXISTS entrepot.audit (
    tenant bigint NOT NULL,
    thing bigint NOT NULL,
    revision bigint NOT NULL,
    document bytea NOT NULL,
    PRIMARY KEY (tenant, thing, revision)
);
ALTER TABLE entrepot.audit ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS entrepot.node ( -- who writes, from its first group until a schema that it does not know
    id bigint PRIMARY KEY,
    groups bigint NOT NULL, -- how many it has kept: tells whether a commit that broke was one of them
    seen timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS entrepot.rate ( -- the calls of the last second, by tenant and operation
    tenant bigint NOT NULL,
    name text NOT NULL,
    calls bytea NOT NULL,
    PRIMARY KEY (tenant, name)
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS entrepot.nonce ( -- what must not be used again, hashed: no tenant is known yet
    mark bytea PRIMARY KEY,
    ends bigint NOT NULL -- ms since 1970
);
CREATE INDEX IF NOT EXISTS nonce_ends ON entrepot.nonce (ends);
