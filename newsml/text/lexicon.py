"""Word lists for English news: which capitalised words are names, and which names stand for the same thing.

Owns the lists and nothing else. They are closed-class words, titles, and the commonest countries; they are not a
gazetteer, and a name that stands in none of them is still a name. Keys are in the form of ``words.key_of``: lower
case, without accents, dots and possessive endings.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = _words(
    """a about above across after again against ago all almost alone along already also although always am amid among
    an and another any anyone are around as asked at away back be became because become been before began behind being
    below best between beyond both but by called came can cannot come could critics days despite did do does doing done
    down due during each earlier early either else end enough even eventually ever every everyone few finally first
    following for former four from full further gave get go got had half has have having he hence her here hers herself
    him himself his how however i if in including indeed inside instead into is it its itself just last late later least
    less let like many may maybe me meanwhile might mine more moreover most much must my myself nearly neither
    never nevertheless new next no nobody none nor not nothing now of off officials often old on once one only onto or
    other others our ours out outside over own part people per perhaps police put rather read really recent recently
    said same saw say says see seven several she should since six so some someone something sometimes soon still such
    take ten than that thank thanks the their theirs them then there thereafter therefore these they this those though
    three through throughout thus to today together told tomorrow tonight too toward towards two under unless unlike
    until up upon us use used very via want was way we well went were what whatever when whenever where whereas whether
    which while who whole whom whose why will with within without would yes yesterday yet you your yours"""
)
"""Words that are capitalised because they open a sentence, never because they name anything."""

CALENDAR = _words(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december jan feb mar apr jun jul aug sep sept oct nov dec christmas easter
    thanksgiving"""
)

HONORIFICS = _words(
    """mr mrs ms miss mx dr prof professor sir dame lord lady sen senator senators rep reps representative
    representatives congressman congresswoman gov governor mayor president presidents elect vice chancellor
    premier prime minister ministers foreign defense defence finance interior secretary secretary-general secretaries
    deputy assistant under undersecretary general gen lt lieutenant col colonel maj major capt captain sgt sergeant
    cmdr commander adm admiral officer pvt private judge justice justices attorney prosecutor sheriff chief director
    chairman chairwoman chairperson chair speaker majority minority leader whip spokesman spokeswoman spokesperson
    ambassador envoy adviser advisor counsel king queen prince princess emperor sultan sheikh sheik ayatollah imam pope
    cardinal archbishop bishop rev reverend father sister brother pastor rabbi coach ceo founder candidate nominee
    republican democrat democratic gop rookie mp actor actress singer author journalist reporter editor analyst
    economist treasurer comptroller commissioner administrator superintendent first-lady lady rapper comedian host
    anchor"""
)
"""Words that stand before a person's name without being part of it."""

GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv"})

PARTICLES = _words("al ap ben bin da de del der di dos du el ibn la le san ter van von")
"""Lower-case words inside a person's name."""

ORGANISATION_WORDS = _words(
    """academy act administration affairs agency airlines airport alliance amendment america american army assembly
    association authority avenue bank bay beach bill board bridge brothers budget building bureau business cabinet
    camp campaign capital caucus center centre chamber championship charities city club coalition code college
    commission committee community companies company conference congress constitution convention core corporation
    corp council county court courts cup department district division economic education energy enforcement
    environmental exchange federal federation fire force forces forum foundation friday front fund group guard
    guardian harbor health heritage herald high hill homeland hospital hotel house hurricane inc industries
    initiative institute institution insurance international island islands jazeera journal kingdom labor labour
    lake law league legal liberty life live llc ltd magazine management market media medical memorial minister
    ministry monday motors mountain museum national nation nations navy network networks news office organisation
    organization pact palace parenthood parliament partners parts party patrol pharma pipeline plan planned police
    policy post power press program project prize public publishing radio rail red regulatory relations relief
    republic research reserve review rights river road school science sea sciences security senate series service
    services social society square state states station stock street studies studios summit supreme system task tea
    team technologies technology television temple times today tower trade transportation treasury treaty tribune
    trust tunnel tv union united university valley veterans voice wall war watch water white wing women's workers
    world"""
)
"""Words that mark a capitalised phrase as an organisation, place, law or work rather than a person."""

DIRECTIONS = _words(
    """north south east west northern southern eastern western central new san santa los las saint st fort port cape
    mount lake el upper lower great grand middle latin saudi hong costa sri puerto sierra united islamic"""
)
"""First words of place names: what follows them is not a surname."""

NOT_FIRST_NAMES = _words(
    """virginia georgia carolina dakota paris austin madison jackson lincoln houston dallas chelsea charlotte sydney
    florence jordan chad israel washington china america asia india hope grace grant will mark art bill rich christian
    black white brown wall boko al tea apple facebook google twitter goldman lehman lockheed jp morgan deutsche
    general"""
)
"""First words of names that, alone, more often mean something else."""

NEWS_SOURCES = _words(
    """ap afp reuters cnn nbc abc cbs msnbc npr bbc bloomberg politico axios upi huffpost vox getty breitbart image
    advertisement copyright caption photo video story share"""
)
"""Agencies, broadcasters and page furniture: named in most articles, seldom what an article is about."""

NEWS_SOURCE_NAMES = frozenset(
    {
        "associated press", "fox news", "new york times", "washington post", "wall street journal", "usa today",
        "cbs news", "abc news", "nbc news", "bbc news", "huffington post", "los angeles times", "daily caller",
        "washington examiner", "washington times", "fox business", "daily mail", "getty images",
    }
)  # fmt: skip

ALIASES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("US", "USA", "United States", "United States of America", "America"), ("american",)),
    (("UK", "United Kingdom", "Britain", "Great Britain"), ("british", "briton")),
    (("EU", "European Union"), ()),
    (("UN", "United Nations"), ()),
    (("GOP", "Republican Party", "Republicans"), ()),
    (("Democratic Party", "Democrats"), ()),
)
"""Names of one thing, the form to show first, and the adjectives and demonyms made from it."""

DEMONYMS: dict[str, tuple[str, ...]] = {
    **{
        name: (f"{name}n",)
        for name in _words("""africa albania algeria armenia asia australia austria bolivia bosnia bulgaria cambodia
        colombia croatia cuba estonia eritrea ethiopia gambia georgia guinea india indonesia kenya
        korea latvia liberia lithuania macedonia malaysia mauritania mongolia namibia nigeria
        romania russia rwanda serbia slovakia slovenia somalia syria tanzania tunisia uganda
        venezuela zambia crimea california""")
    },
    **{
        name: (f"{name}{ending}",)
        for ending, names in {
            "ian": _words("egypt iran jordan ecuador"),
            "i": _words("israel iraq kuwait qatar yemen pakistan bangladesh bahrain"),
            "ese": _words("japan vietnam sudan nepal"),
            "an": _words("zimbabwe"),
        }.items()
        for name in names
    },
    "ukraine": ("ukrainian",),
    "brazil": ("brazilian",),
    "chechnya": ("chechen",),
    "chile": ("chilean",),
    "europe": ("european",),
    "belarus": ("belarusian", "belarussian"),
    "palestine": ("palestinian",),
    "afghanistan": ("afghan",),
    "argentina": ("argentine", "argentinian"),
    "belgium": ("belgian",),
    "canada": ("canadian",),
    "china": ("chinese",),
    "czech republic": ("czech",),
    "denmark": ("danish", "dane"),
    "dominican republic": ("dominican",),
    "england": ("english",),
    "finland": ("finnish", "finn"),
    "france": ("french", "frenchman", "frenchmen"),
    "germany": ("german",),
    "greece": ("greek",),
    "guatemala": ("guatemalan",),
    "haiti": ("haitian",),
    "honduras": ("honduran",),
    "hungary": ("hungarian",),
    "iceland": ("icelandic",),
    "ireland": ("irish",),
    "italy": ("italian",),
    "kosovo": ("kosovar",),
    "lebanon": ("lebanese",),
    "libya": ("libyan",),
    "mexico": ("mexican",),
    "morocco": ("moroccan",),
    "myanmar": ("burmese",),
    "netherlands": ("dutch",),
    "north korea": ("north korean",),
    "norway": ("norwegian",),
    "panama": ("panamanian",),
    "peru": ("peruvian",),
    "philippines": ("filipino", "philippine"),
    "poland": ("polish", "pole"),
    "portugal": ("portuguese",),
    "saudi arabia": ("saudi", "saudi arabian"),
    "scotland": ("scottish", "scot"),
    "singapore": ("singaporean",),
    "south africa": ("south african",),
    "south korea": ("south korean",),
    "spain": ("spanish", "spaniard"),
    "sweden": ("swedish", "swede"),
    "switzerland": ("swiss",),
    "taiwan": ("taiwanese",),
    "thailand": ("thai",),
    "turkey": ("turkish", "turk"),
    "wales": ("welsh",),
}
"""Country or region to the adjectives and people's names made from it; plurals are formed by adding s."""

NATIONALITIES = frozenset(
    form for forms in (*DEMONYMS.values(), *(adjectives for _, adjectives in ALIASES)) for form in forms
)
