"""The read model in Python: a value and a reader for each view, one module for each question."""

from inboxcrm.store.views.answers_owed import (
    OwedRow,
    Pile,
    all_owed,
    by_person,
    owed,
    owed_in_matter,
    owed_to,
    piles,
    queue,
    unlikely,
)
from inboxcrm.store.views.asked import QuestionRow, question, questions
from inboxcrm.store.views.decisions import JudgedRow, decision, judged
from inboxcrm.store.views.history import MonthRow, RecordRow, promise_record, record
from inboxcrm.store.views.ledger import (
    PromiseRow,
    Step,
    promise_story,
    promises,
    promises_of_matter,
    promises_of_message,
)
from inboxcrm.store.views.listed import MARK, ListedRow, count_listed, listed, listed_mail, listed_of, number_of
from inboxcrm.store.views.matters import MatterRow, matter, matters_of
from inboxcrm.store.views.messages import (
    MessageRow,
    count_messages,
    defects,
    filed,
    find,
    first_incoming_after,
    message,
    newest,
    newest_id,
    of_matter,
    text,
    timeline,
)
from inboxcrm.store.views.mixed import newest_of_all
from inboxcrm.store.views.outgoing import OutboxRow, outbox, outbox_item, outbox_of_matter
from inboxcrm.store.views.people import (
    ContactRow,
    Touch,
    contact,
    contacts,
    last_touch,
)
from inboxcrm.store.views.rows import PAGE
from inboxcrm.store.views.searching import (
    Hit,
    search,
)
from inboxcrm.store.views.standing import MailboxRow, mailboxes, still_reading
from inboxcrm.store.views.waiting import FollowUpRow, follow_up_of, follow_ups

__all__ = [
    "ContactRow",
    "FollowUpRow",
    "Hit",
    "JudgedRow",
    "ListedRow",
    "MARK",
    "MailboxRow",
    "MatterRow",
    "MessageRow",
    "MonthRow",
    "OutboxRow",
    "OwedRow",
    "PAGE",
    "Pile",
    "PromiseRow",
    "QuestionRow",
    "RecordRow",
    "Step",
    "Touch",
    "all_owed",
    "by_person",
    "contact",
    "contacts",
    "count_listed",
    "count_messages",
    "decision",
    "defects",
    "filed",
    "find",
    "first_incoming_after",
    "follow_up_of",
    "follow_ups",
    "judged",
    "last_touch",
    "listed",
    "listed_mail",
    "listed_of",
    "mailboxes",
    "matter",
    "matters_of",
    "message",
    "newest",
    "newest_id",
    "newest_of_all",
    "number_of",
    "of_matter",
    "outbox",
    "outbox_item",
    "outbox_of_matter",
    "owed",
    "owed_in_matter",
    "owed_to",
    "piles",
    "promise_record",
    "promise_story",
    "promises",
    "promises_of_matter",
    "promises_of_message",
    "question",
    "questions",
    "queue",
    "record",
    "search",
    "still_reading",
    "text",
    "timeline",
    "unlikely",
]
