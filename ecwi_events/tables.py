"""Every table of every room, imported in one place, so that migrations and tests see the whole schema."""

from ecwi_events.attendance import models as attendance
from ecwi_events.attendance import models_messages as messages
from ecwi_events.calendars import models as calendars
from ecwi_events.feedback import models as feedback
from ecwi_events.journal import models as journal
from ecwi_events.journal import models_forms as forms
from ecwi_events.kernel.db import Model
from ecwi_events.mail import models as mail
from ecwi_events.mail import models_delivery as mail_delivery
from ecwi_events.overview import models as overview
from ecwi_events.overview import models_asking as asking
from ecwi_events.people import models as people
from ecwi_events.people import models_signing_in as signing_in
from ecwi_events.programme import models as programme
from ecwi_events.programme import models_proposals as proposals
from ecwi_events.programme import models_record as record
from ecwi_events.registration import models as registration
from ecwi_events.registration import models_announcements as announcements
from ecwi_events.registration import models_questions as questions
from ecwi_events.registration import models_recount as recount
from ecwi_events.registration import models_terms as terms
from ecwi_events.reminders import models as reminders
from ecwi_events.work import models as work

ROOMS_WITH_TABLES = (
    mail_delivery, messages, work, journal, mail, people, signing_in, programme, record, proposals, registration,
    terms, attendance, calendars, reminders, overview, announcements, asking, feedback, questions, recount,
    forms,
)  # fmt: skip
SCHEMA = Model.metadata
