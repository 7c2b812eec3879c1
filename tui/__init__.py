"""The owner's desk: a Textual application over the read model, acting through `inboxcrm.service.actions`."""
