"""Drafts: the one conversation that an account may have in progress."""

from engine.core.account import Account, Draft
from engine.services.office import Office


async def load(office: Office, account: Account) -> Draft | None:
    """The draft of an account."""
    async with office.storage.reading(account.id) as unit:
        return await unit.drafts.get()


async def save(office: Office, draft: Draft) -> None:
    """Write a draft over the one before."""
    async with office.storage.of(draft.owner_id) as unit:
        await unit.drafts.put(draft)
        await unit.commit()


async def drop(office: Office, account: Account) -> None:
    """Forget the draft of an account."""
    async with office.storage.of(account.id) as unit:
        await unit.drafts.delete()
        await unit.commit()
