"""The patterns of the eight languages in which a time is told. Names of days and months come from CLDR.

Patterns are `str.format` texts. `{date}` is made by `date` (or `date_year`), `{time}` by `time`, `{moment}` by
`moment`; `{yours}` is the sender's own time where it differs, else empty (`yours_familiar` says it to somebody who is
addressed familiarly); `{on}` is the preposition of the weekday; `{start}` is the first day of an absence still to come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Patterns:
    """How one language says a time, a reason and an expectation."""

    date: str
    date_year: str
    time: str
    moment: str
    yours: str
    yours_familiar: str
    date_time: str
    by_time: str
    by_day: str
    answer: str
    no_date: str
    received: str
    back: str
    back_later: str
    away: str
    holiday: str
    holidays: str
    holiday_item: str
    closed: str
    closed_item: str
    outside_hours: str
    first: str = "1"
    on: tuple[str, str, str, str, str, str, str] = ("", "", "", "", "", "", "")
    space: str = " "


PATTERNS: Mapping[str, Patterns] = MappingProxyType(
    {
        "en": Patterns(
            date="{weekday} {day} {month}",
            date_year="{weekday} {day} {month} {year}",
            time="{hour:02}:{minute:02}",
            moment="{date}, {time} {city}{yours}",
            yours=", {time} your time",
            yours_familiar=", {time} your time",
            date_time="{date} {time}",
            by_time="by {moment}",
            by_day="by the end of {moment}",
            answer="You can expect my answer {due}.",
            no_date="I cannot name a day for my answer yet; I will write to you when I can.",
            received="Your message arrived on {moment}.",
            back="I am away and will be back on {date}.",
            back_later="I will be away from {start} and back on {date}.",
            away="I am away at the moment.",
            holiday="{days} is a public holiday here.",
            holidays="{days} are public holidays here.",
            holiday_item="{date} ({name})",
            closed="The office is closed on {days}.",
            closed_item="{date}",
            outside_hours="My office hours begin again on {moment}.",
        ),
        "de": Patterns(
            date="{weekday}, {day}. {month}",
            date_year="{weekday}, {day}. {month} {year}",
            time="{hour:02}:{minute:02} Uhr",
            moment="{date}, {time} ({city}{yours})",
            yours=", bei Ihnen {time}",
            yours_familiar=", bei dir {time}",
            date_time="{date}, {time}",
            by_time="bis {moment}",
            by_day="bis Büroschluss am {moment}",
            answer="Sie erhalten meine Antwort {due}.",
            no_date="Ich kann Ihnen noch keinen Tag für meine Antwort nennen; sobald ich ihn weiß, schreibe ich Ihnen.",
            received="Ihre Nachricht ist am {moment} eingetroffen.",
            back="Ich bin abwesend und ab {date}, wieder da.",
            back_later="Ab {start}, bin ich abwesend, ab {date}, wieder da.",
            away="Ich bin zurzeit abwesend.",
            holiday="Hier ist Feiertag: {days}.",
            holidays="Hier sind Feiertage: {days}.",
            holiday_item="{date} ({name})",
            closed="Das Büro ist geschlossen {days}.",
            closed_item="am {date}",
            outside_hours="Meine Bürozeiten beginnen wieder am {moment}.",
        ),
        "fr": Patterns(
            date="{weekday} {day} {month}",
            date_year="{weekday} {day} {month} {year}",
            time="{hour}h{minute:02}",
            moment="{date}, {time} ({city}{yours})",
            yours=", {time} chez vous",
            yours_familiar=", {time} chez toi",
            date_time="{date}, {time}",
            by_time="au plus tard le {moment}",
            by_day="d’ici la fin de la journée du {moment}",
            answer="Vous recevrez ma réponse {due}.",
            no_date=(
                "Je ne peux pas encore vous indiquer de date pour ma réponse\u00a0; "
                "je vous écrirai quand je le pourrai."
            ),
            received="Votre message est arrivé le {moment}.",
            back="Je ne suis pas au bureau\u00a0; je serai de retour le {date}.",
            back_later="Je ne serai pas au bureau à partir du {start}\u00a0; je serai de retour le {date}.",
            away="Je ne suis pas au bureau en ce moment.",
            holiday="Jour férié ici\u00a0: {days}.",
            holidays="Jours fériés ici\u00a0: {days}.",
            holiday_item="le {date} ({name})",
            closed="Le bureau est fermé {days}.",
            closed_item="le {date}",
            outside_hours="Mes heures de bureau reprennent le {moment}.",
            first="1er",
        ),
        "es": Patterns(
            date="{weekday} {day} de {month}",
            date_year="{weekday} {day} de {month} de {year}",
            time="{hour}:{minute:02}",
            moment="{date}, {time} ({city}{yours})",
            yours=", {time} en su hora local",
            yours_familiar=", {time} en tu hora local",
            date_time="{date}, {time}",
            by_time="a más tardar el {moment}",
            by_day="antes del final del {moment}",
            answer="Recibirá mi respuesta {due}.",
            no_date="Todavía no puedo indicarle una fecha para mi respuesta; le escribiré cuando pueda hacerlo.",
            received="Su mensaje llegó el {moment}.",
            back="Estoy fuera de la oficina y vuelvo el {date}.",
            back_later="Estaré fuera de la oficina a partir del {start} y volveré el {date}.",
            away="En este momento estoy fuera de la oficina.",
            holiday="Aquí es festivo {days}.",
            holidays="Aquí son festivos {days}.",
            holiday_item="el {date} ({name})",
            closed="La oficina está cerrada {days}.",
            closed_item="el {date}",
            outside_hours="Mi horario de oficina empieza de nuevo el {moment}.",
        ),
        "it": Patterns(
            date="{weekday} {day} {month}",
            date_year="{weekday} {day} {month} {year}",
            time="ore {hour:02}:{minute:02}",
            moment="{date}, {time} ({city}{yours})",
            yours=", da Lei {time}",
            yours_familiar=", da te {time}",
            date_time="{date}, {time}",
            by_time="entro {moment}",
            by_day="entro la fine di {moment}",
            answer="Riceverà la mia risposta {due}.",
            no_date="Non posso ancora indicarLe una data per la mia risposta; Le scriverò quando potrò farlo.",
            received="Il Suo messaggio è arrivato {moment}.",
            back="Sono fuori ufficio e sarò di ritorno {date}.",
            back_later="Sarò fuori ufficio da {start} e sarò di ritorno {date}.",
            away="Al momento sono fuori ufficio.",
            holiday="Qui è festivo {days}.",
            holidays="Qui sono festivi {days}.",
            holiday_item="{date} ({name})",
            closed="L’ufficio è chiuso {days}.",
            closed_item="{date}",
            outside_hours="Il mio orario d’ufficio riprende {moment}.",
            first="1º",
        ),
        "pt": Patterns(
            date="{weekday}, {day} de {month}",
            date_year="{weekday}, {day} de {month} de {year}",
            time="{hour:02}:{minute:02}",
            moment="{date}, {time} ({city}{yours})",
            yours=", {time} na sua hora local",
            yours_familiar=", {time} na tua hora local",
            date_time="{date}, {time}",
            by_time="até {moment}",
            by_day="até ao fim do dia de {moment}",
            answer="Receberá a minha resposta {due}.",
            no_date="Ainda não posso indicar uma data para a minha resposta; escreverei quando puder.",
            received="A sua mensagem chegou {on} {moment}.",
            back="Estou fora do escritório e volto {on} {date}.",
            back_later="Estarei fora do escritório a partir de {start}, e volto {on} {date}.",
            away="Neste momento estou fora do escritório.",
            holiday="Aqui é feriado {days}.",
            holidays="Aqui é feriado {days}.",
            holiday_item="{on} {date} ({name})",
            closed="O escritório está fechado {days}.",
            closed_item="{on} {date}",
            outside_hours="O meu horário de expediente recomeça {on} {moment}.",
            first="1º",
            on=("na", "na", "na", "na", "na", "no", "no"),
        ),
        "nl": Patterns(
            date="{weekday} {day} {month}",
            date_year="{weekday} {day} {month} {year}",
            time="{hour:02}:{minute:02} uur",
            moment="{date}, {time} ({city}{yours})",
            yours=", bij u {time}",
            yours_familiar=", bij jou {time}",
            date_time="{date}, {time}",
            by_time="uiterlijk op {moment}",
            by_day="vóór het einde van {moment}",
            answer="U ontvangt mijn antwoord {due}.",
            no_date="Ik kan u nog geen dag noemen voor mijn antwoord; ik schrijf u wanneer ik dat wel kan.",
            received="Uw bericht is aangekomen op {moment}.",
            back="Ik ben afwezig en ben op {date} weer terug.",
            back_later="Ik ben vanaf {start} afwezig en ben op {date} weer terug.",
            away="Ik ben op dit moment afwezig.",
            holiday="Hier is {days} een feestdag.",
            holidays="Hier zijn {days} feestdagen.",
            holiday_item="{date} ({name})",
            closed="Het kantoor is gesloten op {days}.",
            closed_item="{date}",
            outside_hours="Mijn kantooruren beginnen weer op {moment}.",
        ),
        "ja": Patterns(
            date="{month}{day}日（{weekday}）",
            date_year="{year}年{month}{day}日（{weekday}）",
            time="{hour}:{minute:02}",
            moment="{date}{time}（{city}時間{yours}）",
            yours="、そちらの時間で{time}",
            yours_familiar="、そちらの時間で{time}",
            date_time="{date}{time}",
            by_time="{moment}までに",
            by_day="{moment}の業務終了までに",
            answer="{due}お返事いたします。",
            no_date="お返事の日をまだお約束できません。お伝えできるようになりましたら、ご連絡いたします。",
            received="{moment}にメールを受け取りました。",
            back="ただいま不在にしており、{date}に戻ります。",
            back_later="{start}から不在にし、{date}に戻ります。",
            away="ただいま不在にしております。",
            holiday="{days}は、こちらでは祝日です。",
            holidays="{days}は、こちらでは祝日です。",
            holiday_item="{date}「{name}」",
            closed="{days}は休業日です。",
            closed_item="{date}",
            outside_hours="次の営業開始は{moment}です。",
            space="",
        ),
    }
)
