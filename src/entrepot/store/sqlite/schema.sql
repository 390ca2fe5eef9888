-- One table a kind of thing, all of the same shape: id, tenant, parent, document.
-- `document` is the thing as JSON behind one byte that says how it is packed.
-- WITHOUT ROWID where the key is the row; the tenant leads every other key.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS claim (
    tenant INTEGER NOT NULL,
    hash BLOB NOT NULL, -- 128 bits of BLAKE2b over rule and value
    holder INTEGER NOT NULL,
    PRIMARY KEY (tenant, hash)
) WITHOUT ROWID, STRICT;
-- What products and devices are found by: names, tags and a little more (`labels` of each). What names of
-- labels begin with tells the kinds apart (Kind.mark).
CREATE TABLE IF NOT EXISTS label (
    tenant INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    thing INTEGER NOT NULL,
    PRIMARY KEY (tenant, name, value, thing)
) WITHOUT ROWID, STRICT;
-- How many things there are, by blocks of ids (id >> 14): totals, and the way to a deep page.
-- A kind with parents is counted once more as a whole: `*device` under the parent 0.
-- A label that is no name is a parent too, of what has it: of kind label, its number a hash.
CREATE TABLE IF NOT EXISTS total (
    tenant INTEGER NOT NULL,
    kind TEXT NOT NULL,
    parent INTEGER NOT NULL,
    block INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, parent, block)
) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS audit (
    thing INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (thing, revision)
) WITHOUT ROWID, STRICT;
