"""The vocabulary of news style that sentence splitting needs.

Owns three closed word lists, after the abbreviations that AP style allows. Knows nothing of how they are used. A word
that also ends sentences ("ill", "miss", "ore", "sat") is left out: a lower-case word after it shows that it ended none.
"""

_ABBREVIATIONS = (
    "mr mrs ms mx dr drs prof rev hon msgr fr gov govs lt gen gens maj col capt cmdr adm brig sgt cpl pvt spc det insp "
    "supt amb atty sen sens rep reps pres messrs mme mlle st ste ft mt jr sr esq "
    "inc corp co cos ltd bros llc plc assn assoc dept univ inst intl natl mfg "
    "ala ariz ark calif colo conn fla ga kan ky mass mich minn mont neb nev okla tenn tex vt va wis wyo "
    "jan feb mar apr jun jul aug sept sep oct nov dec "
    "ave blvd rd hwy vs v etc approx est nos fig figs vol pp ed cf lb lbs oz sq no sec del"
)
ABBREVIATIONS: frozenset[str] = frozenset(_ABBREVIATIONS.split())
"""Abbreviations without an inner period, in lower case; the library brings those with one ("u.s", "ph.d")."""

_STARTERS = (
    "a an the this that these those he she it we they you i his her its our their my your who what when where why how "
    "and but or nor so yet if as at by for from in on with after before since until while although though "
    "because during despite under over about among between through without unless whether once there here then now "
    "also still even only just both each some many most several few all no not one two three another other such "
    "however meanwhile instead according asked is are was were do does did has have had "
    "earlier later today yesterday"
)
STARTERS: frozenset[str] = frozenset(_STARTERS.split())
"""Words that, capitalised after an abbreviation, begin a new sentence: function words, never parts of names."""

_AFTER_CLOCK = (
    "Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday "
    "Jan Feb March April May June July Aug Sept Oct Nov Dec "
    "January February August September October November December "
    "Eastern Central Mountain Pacific Greenwich EST EDT ET CST CDT CT MST MDT MT PST PDT PT GMT UTC BST CET CEST"
)
AFTER_CLOCK: tuple[str, ...] = tuple(_AFTER_CLOCK.split())
"""What may follow "9 a.m." with a capital within the same sentence: days, months, time zones."""
