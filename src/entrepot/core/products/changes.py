"""What became of a product, for the audit log: each field as [before, after]; secrets are named, never shown."""

from __future__ import annotations

from entrepot.core import audit
from entrepot.core.models.changes import Changes, model_changes
from entrepot.core.things.product import Product, Profile


def changes(old: Product, new: Product) -> Changes:
    """What differs, field by field; of thing models place by place."""
    found = audit.differences(old.profile, new.profile, Profile.__struct_fields__)
    if old.released != new.released:
        found["released"] = [old.released, new.released]
    if old.draft != new.draft:
        found |= _of_draft(old, new)
    if old.secrets != new.secrets or old.names_of_secrets != new.names_of_secrets:
        found["secret"] = ["(changed)", "(changed)"]
    return found


def _of_draft(old: Product, new: Product) -> Changes:
    """What a draft changes in the model that it was begun from; what comes into force is told there."""
    if new.draft is None and old.draft == new.profile.model:
        return {"draft": ["(published)", None]}
    if old.draft is None:
        begun = model_changes("draft", old.profile.model, new.draft)
        return {"draft": [None, "(begun)"]} | begun
    return model_changes("draft", old.draft, new.draft)
