"""Every sentence of a notice. Translators see these; `notices` chooses among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alerts.alert import Reason
from alerts.words.catalogue import N_

COLOURS: Final[Mapping[str, str]] = {
    "blue": N_("Blue"),
    "yellow": N_("Yellow"),
    "orange": N_("Orange"),
    "red": N_("Red"),
}
"""The shipped ladder; a city's own colours are shown by their own names."""

FLOOD_TITLE: Final = N_("Flood: {count} alerts at {desk}, up to {colour}")
FLOOD: Final = N_(
    "{count} alerts came within a short time. They are held and ranked, none is lost: all are on the board and in the"
    " digest. This notice stands for them."
)
UNREAD_TITLE: Final = N_("Hand-over of {other} not read: {count} alerts owed there")
UNREAD: Final = N_(
    "A turn of duty has begun at {other}, and nobody there has confirmed the hand-over in time. Open alerts at the time"
    " of the change: {count}. Look whether the desk is staffed."
)
HELD_TITLE: Final = N_("{count} held at {other}, worst {colour} since {since}")
HELD: Final = N_(
    "The budget of {other} is used up: {count} alerts have been kept back there for half an hour or longer, with no"
    " clock. Nothing is lost: they are on its page, ranked, and can be let out by hand."
)
REMINDED: Final = N_("It was told before, and nobody has taken it yet.")
LISTED_TITLE: Final = N_("{count} held at {desk} meanwhile, up to {colour}")
LISTED: Final = N_(
    "The budget of this turn is used up, so these were kept back, the gravest first. None of them has a clock; each can"
    " be taken or let out on the page of what is held."
)
LISTED_MORE: Final = N_("And {more} more, less grave.")
LISTED_RULE: Final = N_("{colour}: {rule}, {area}")
LISTED_FEED: Final = N_("{colour}: {rule}, {feed}")
UNMUTED_TITLE: Final = N_("A mute has ended: {category} in {area}, {count} alerts were hidden")
UNMUTED: Final = N_(
    "It ran from {since} to {until}. It hid {count} alerts, {confirmed} of them confirmed by now. What of it still runs"
    " is told now, as far as the budget has room; the rest is on the list of what is held."
)
UNMUTED_RULE: Final = N_("Of the rule {rule} alone.")
HAS_IT: Final = N_("{desk} has it since {at}: nobody else is asked any more.")
CLOSED_IT: Final = N_("{desk} closed it at {at}: {outcome}. Nobody else is asked any more.")
OUTCOMES: Final[Mapping[str, str]] = {
    "confirmed": N_("confirmed"),
    "expected": N_("expected"),
    "not_real": N_("not real"),
    "data_fault": N_("fault of the data"),
    "cannot_tell": N_("cannot tell"),
}
DIGEST_TITLE: Final = N_("{count} notices at once, up to {colour}: most urgent first")
DRILL_TITLE: Final = N_("EXERCISE, no real alert: {title}")
DRILL: Final = N_(
    "This is a test of the channel {channel} of {desk} in {city}. Nothing has happened, and nothing is to be done."
)
DRILL_ABOUT: Final = N_("test of the channel {channel}")
TAKE_IT: Final = N_("Take this alert")

COUNT_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: {category} in {area}"),
    "worse": N_("Worse, now {colour}: {category} in {area}"),
    "spread": N_("Spread, {colour}: {category} in {area}"),
    "reminder": N_("Not taken yet, {colour}: {category} in {area}"),
    "taken": N_("Taken, {colour}: {category} in {area}"),
    "corrected": N_("Corrected, {colour}: {category} in {area}"),
    "over": N_("Over, was {colour}: {category} in {area}"),
    "withdrawn": N_("Withdrawn, was {colour}: {category} in {area}"),
    "merged": N_("Joined with another alert: {category} in {area}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

DROP_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: too few {category} in {area}"),
    "worse": N_("Worse, now {colour}: too few {category} in {area}"),
    "spread": N_("Spread, {colour}: too few {category} in {area}"),
    "reminder": N_("Not taken yet, {colour}: too few {category} in {area}"),
    "taken": N_("Taken, {colour}: too few {category} in {area}"),
    "corrected": N_("Corrected, {colour}: too few {category} in {area}"),
    "over": N_("Over, was {colour}: too few {category} in {area}"),
    "withdrawn": N_("Withdrawn, was {colour}: too few {category} in {area}"),
    "merged": N_("Joined with another alert: too few {category} in {area}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

RISE_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: slow rise of {category} in {area}"),
    "worse": N_("Worse, now {colour}: slow rise of {category} in {area}"),
    "spread": N_("Spread, {colour}: slow rise of {category} in {area}"),
    "reminder": N_("Not taken yet, {colour}: slow rise of {category} in {area}"),
    "taken": N_("Taken, {colour}: slow rise of {category} in {area}"),
    "corrected": N_("Corrected, {colour}: slow rise of {category} in {area}"),
    "over": N_("Over, was {colour}: slow rise of {category} in {area}"),
    "withdrawn": N_("Withdrawn, was {colour}: slow rise of {category} in {area}"),
    "merged": N_("Joined with another alert: slow rise of {category} in {area}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

NEW_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: first seen, {category} in {area}"),
    "worse": N_("Worse, now {colour}: first seen, {category} in {area}"),
    "spread": N_("Spread, {colour}: first seen, {category} in {area}"),
    "reminder": N_("Not taken yet, {colour}: first seen, {category} in {area}"),
    "taken": N_("Taken, {colour}: first seen, {category} in {area}"),
    "corrected": N_("Corrected, {colour}: first seen, {category} in {area}"),
    "over": N_("Over, was {colour}: first seen, {category} in {area}"),
    "withdrawn": N_("Withdrawn, was {colour}: first seen, {category} in {area}"),
    "merged": N_("Joined with another alert: first seen, {category} in {area}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

MATTER_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: {rule}, {where}"),
    "worse": N_("Worse, now {colour}: {rule}, {where}"),
    "spread": N_("Spread, {colour}: {rule}, {where}"),
    "reminder": N_("Not taken yet, {colour}: {rule}, {where}"),
    "taken": N_("Taken, {colour}: {rule}, {where}"),
    "corrected": N_("Corrected, {colour}: {rule}, {where}"),
    "over": N_("Over, was {colour}: {rule}, {where}"),
    "withdrawn": N_("Withdrawn, was {colour}: {rule}, {where}"),
    "merged": N_("Joined with another alert: {rule}, {where}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}
OFFICE_IN: Final = N_("{office} in {area}")

DUE_SOON: Final = N_("Due soon: {soon}; the next at {next_due}.")
OVERDUE: Final = N_("Overdue: {late}; the first since {oldest}.")
UNACCEPTED: Final = N_("Not accepted in time: {unaccepted} of them.")
REPEATED: Final = N_("Matters with one contact after another within {window}: {late}; the first since {oldest}.")
FOLLOWED: Final = N_("Matters on which one thing followed the other within {window}: {late}; the first at {oldest}.")
MISSED: Final = N_(
    "Matters on which what had to follow within {window} did not come: {late}; the first was due at {oldest}."
)
COUNTED_AT: Final = N_("So it stood at {at}; it is told anew when it gets worse, and on the page once a day.")

SILENCE_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: feed {feed} is silent"),
    "worse": N_("Worse, now {colour}: feed {feed} is silent"),
    "spread": N_("Spread, {colour}: feed {feed} is silent"),
    "reminder": N_("Not taken yet, {colour}: feed {feed} is silent"),
    "taken": N_("Taken, {colour}: feed {feed} is silent"),
    "corrected": N_("Corrected, {colour}: feed {feed} is silent"),
    "over": N_("Over, was {colour}: the silence of feed {feed}"),
    "withdrawn": N_("Withdrawn, was {colour}: the silence of feed {feed}"),
    "merged": N_("Joined with another alert: the silence of feed {feed}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

STOPPED_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: rule {rule} has stopped"),
    "worse": N_("Worse, now {colour}: rule {rule} has stopped"),
    "spread": N_("Spread, {colour}: rule {rule} has stopped"),
    "reminder": N_("Not taken yet, {colour}: rule {rule} has stopped"),
    "taken": N_("Taken, {colour}: rule {rule} has stopped"),
    "corrected": N_("Corrected, {colour}: rule {rule} has stopped"),
    "over": N_("Over, was {colour}: rule {rule} judges again"),
    "withdrawn": N_("Withdrawn, was {colour}: the stop of rule {rule}"),
    "merged": N_("Joined with another alert: the stop of rule {rule}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

REVIEW_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("{colour}: an order about {about} was not reviewed within a day"),
    "worse": N_("Worse, now {colour}: an order about {about} was not reviewed within a day"),
    "spread": N_("Spread, {colour}: an order about {about} was not reviewed within a day"),
    "reminder": N_("Not taken yet, {colour}: an order about {about} was not reviewed within a day"),
    "taken": N_("Taken, {colour}: an order about {about} that waits for its review"),
    "corrected": N_("Corrected, {colour}: an order about {about} was not reviewed within a day"),
    "over": N_("Over, was {colour}: the order about {about} has been reviewed"),
    "withdrawn": N_("Withdrawn, was {colour}: the review of an order about {about}"),
    "merged": N_("Joined with another alert: the review of an order about {about}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

EXERCISE_TITLES: Final[Mapping[Reason, str]] = {
    "first": N_("EXERCISE, no real alert: {category} in {area}"),
    "worse": N_("EXERCISE, no real alert, goes on: {category} in {area}"),
    "spread": N_("EXERCISE, no real alert, goes on: {category} in {area}"),
    "reminder": N_("EXERCISE, no real alert, not taken yet: {category} in {area}"),
    "taken": N_("EXERCISE, taken, it was no real alert: {category} in {area}"),
    "corrected": N_("EXERCISE, no real alert, goes on: {category} in {area}"),
    "over": N_("EXERCISE over, it was no real alert: {category} in {area}"),
    "withdrawn": N_("EXERCISE withdrawn, it was no real alert: {category} in {area}"),
    "merged": N_("EXERCISE, joined with another: {category} in {area}"),
    "flood": FLOOD_TITLE,
    "held": LISTED_TITLE,
    "unread": UNREAD_TITLE,
    "unmuted": UNMUTED_TITLE,
}

SPIKE_FIGURES: Final = N_(
    "Counted {observed} in {window} up to {until}; expected {expected}. The limit is {limit}: {quiet} would not have"
    " spoken."
)
THRESHOLD_FIGURES: Final = N_(
    "Counted {observed} in {window} up to {until}. The limit is {limit}: {quiet} would not have spoken."
)
DROP_FIGURES: Final = N_(
    "Counted only {observed} in {window} up to {until}; expected {expected}. The limit is {limit}: {quiet} would not"
    " have spoken."
)
NEW_FIGURES: Final = N_(
    "Counted {observed} in {window} up to {until}, and none before in {days} days of the past. The limit is {limit}:"
    " {quiet} would not have spoken."
)
SILENT_SINCE: Final = N_(
    "Nothing was heard from {feed} since {since}. One event usually takes {expected} minutes at this hour; {limit}"
    " minutes of silence speak. Nothing that it feeds can be said to be over."
)
SILENT_UNTIL: Final = N_("Nothing was heard from {feed} from {since} to {until}.")
REVIEW: Final = N_(
    "One operator gave the order {order}; a second account has to look at it: tocsin orders list, tocsin orders review."
)
EXERCISE: Final = N_(
    "Events marked as an exercise: {observed}. Nothing of it has happened, and it is counted nowhere. Answer it as in"
    " earnest, and close it."
)
STOPPED: Final = N_("The rule failed while it judged, and was stopped. Every other rule goes on.")

SINCE: Final = N_("It runs since {first}.")
LASTED: Final = N_("It ran from {first} to {last}, and was over at {over_at}.")

TAKEN_BACK: Final = N_("Late or corrected events took it back: by what is known now it would not have spoken.")
GOES_ON_AS: Final = N_("It goes on as alert {merged_into}.")
FIGURES_CHANGED: Final = N_("Late or corrected events changed what was said before.")
WOULD_SPEAK: Final = N_("{later} later, {taken_back} taken back: would have spoken.")
WOULD_NOT_SPEAK: Final = N_("{later} later, {taken_back} taken back: would not have spoken.")
NAMED_BEFORE: Final = N_("It was named {area} before.")

AREAS: Final = N_("By area: {shares}.")
CATEGORIES: Final = N_("By category: {shares}.")
SHARE: Final = N_("{name} {observed}")
SHARE_OF: Final = N_("{name} {observed} of {expected}")

INCOMPLETE: Final = N_("A feed that counts here was not heard: the true count can only be higher.")
LATE: Final = N_("It is said late: the events arrived after their time had settled.")
GUIDANCE: Final = N_("What to do: {guidance}")
MOVED_ON: Final = N_("It now lies with another desk: {desk}.")
REFERENCE: Final = N_("Rule {rule}, version {version}. Alert {alert}.")
BUILT_IN: Final = N_("Built-in rule {rule}. Alert {alert}.")
