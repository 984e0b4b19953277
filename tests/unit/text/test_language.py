"""Language check: refuses other languages, never short or odd English."""

import pytest

from newsml.article import Article
from newsml.errors import ArticleError
from newsml.text.language import check_language

GERMAN = (
    "Die Bundesregierung hat am Mittwoch beschlossen, die Steuern zu senken. Der Minister sagte, dass die Maßnahme im "
    "Januar in Kraft treten werde und vor allem Familien mit kleinen und mittleren Einkommen helfen solle."
)
FRENCH = (
    "Le gouvernement a annoncé mercredi une baisse des impôts pour les ménages. Le ministre a déclaré que la mesure "
    "entrerait en vigueur en janvier et qu'elle aiderait surtout les familles modestes du pays."
)
RUSSIAN = (
    "Правительство объявило в среду о снижении налогов для населения. Министр заявил, что мера вступит в силу в январе "
    "и поможет прежде всего семьям с детьми. Оппозиция назвала этот план недостаточным и потребовала новых выборов."
)
ARABIC = (
    "أعلنت الحكومة يوم الأربعاء عن خفض الضرائب على الأسر وقال الوزير إن الإجراء سيدخل حيز التنفيذ في يناير وسيساعد "
    "العائلات ذات الدخل المحدود في جميع أنحاء البلاد وقالت المعارضة إن الخطة غير كافية"
)
CHINESE = "政府周三宣布降低家庭税收。部长表示，该措施将于一月生效，主要帮助中低收入家庭。反对党批评该计划不足。"


@pytest.mark.parametrize(
    ("text", "code"), [(GERMAN, "de"), (FRENCH, "fr"), (RUSSIAN, "ru"), (ARABIC, "ar"), (CHINESE, "zh")]
)
def test_other_languages_are_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(
        ArticleError, match=rf"'{code}' \(probability 0\.\d\d\)|'{code}' \(probability 1\.00\)"
    ) as caught:
        check_language(Article(text), ["en"])
    message = str(caught.value)
    assert 'Article(language="en")' in message
    assert "--language en" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "text",
    [
        "Apple sues",
        "Müller",
        "NATO warns of new Russian troop buildup",
        "SHOCK AS MINISTER QUITS OVER LEAKED TAX PAPERS AND BLAMES HIS PARTY FOR ALL OF IT",
        "Angela Merkel, François Hollande, Wladimir Putin, Recep Tayyip Erdoğan, Xi Jinping",
        "Great day at the beach 😀😀😀 see you all again tomorrow 🏖️ with ice cream and the whole family",
        "3.5% 2014 12-04 x",
        "latino usa goes to ' la fiesta de los vaqueros ' in tucson",
        "The mayor quoted Goethe: “Es irrt der Mensch, solang er strebt.” Nobody in the hall knew what he meant by it.",
    ],
)
def test_english_passes_however_short_or_odd(text: str) -> None:
    check_language(Article(text), ["en"])


def test_given_language_is_believed() -> None:
    check_language(Article(GERMAN, language="en-GB"), ["en"])
    check_language(Article(GERMAN, language="de_AT"), ["en", "de"])
    with pytest.raises(ArticleError, match=r"given as 'de-AT'.* reads en"):
        check_language(Article("The vote is tomorrow.", language="de-AT"), ["en"])


def test_models_of_other_or_all_languages() -> None:
    check_language(Article(GERMAN), ["en", "de"])
    check_language(Article(GERMAN), [])
    check_language(Article(GERMAN), ["tlh"])
    with pytest.raises(ArticleError, match="'de'"):
        check_language(Article(GERMAN), ["fr"])


def test_lone_surrogates_do_not_break_the_check() -> None:
    check_language(
        Article("The vote \ud800 is tomorrow in the old town hall, the mayor told reporters on Friday."), ["en"]
    )
