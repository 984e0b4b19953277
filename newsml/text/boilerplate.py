"""What stands around an article on its page: bylines, credits of pictures, links, notices.

Owns how such a line is told from a sentence of the article. Knows nothing of what is done with it.
"""

from __future__ import annotations

import re

_ANYWHERE = (
    r"©|\(c\) \d{4}|\bcopyright\b.*\b\d{4}\b|all rights reserved|reprint permission|reCAPTCHA",
    r"\b(?:getty images|ap photo|afp via|toggle caption|file photo|image source|image caption|image copyright)\b",
    r"\bsign(?:ing)? up\b.*\b(?:newsletters?|emails?|alerts?|inbox|agree)\b|\b(?:newsletters?|email) sign up\b",
    r"\bcontributed to this (?:report|article|story)\b|\bcontinue reading\b|\bstory continue[sd] below\b",
    r"\breports? for our newscast unit\b|\b(?:special|exclusive) (?:for|to) (?:usa today|the \w+ times|cnn)\b",
    r"\bopinions expressed (?:by|in|here|are)\b|\bunsubscribe\b|\bprivacy policy\b|\bterms of service\b",
    r"\bthis (?:article|story|post) (?:was|has been|is) (?:originally published|updated|republished|available)\b",
)
_OPENING = (
    r"(?:read more|more from|more on|related|watch|listen|urgent|photos?|videos?|credits?|ad|image)\b\s*[:|»]",
    r"more:|read more\b|learn more\b|see also\b|also read\b|click here\b|enlarge this image\b|(?:next|prev) image\b",
    r"(?:[-*•]\s*)?follow @?\w+.*\b(?:on )?(?:twitter|facebook|instagram)\b|follow @\w+\W*$|share this\b|join us on\b",
    r"advertisement\b|file ?[-–—] |get (?:the|our) .*\b(?:newsletter|inbox|app)\b|analysis/opinion\b|\[pullquote\]",
    r"(?-i:(?:By|BY) [A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3}(?:(?:,| and| \|) [A-Z].{0,60})?$)",
    r"\(?(?:reuters|ap|afp|photo|image|video|getty|screenshot)\b\s*[/:].{0,60}$|\([^()]*/(?:reuters|ap|afp|getty[^()]*)\)$",
)
_BOILERPLATE = re.compile(f"(?:{'|'.join(_ANYWHERE)})|^(?:{'|'.join(_OPENING)})", re.IGNORECASE)
_WORD = re.compile(r"\w")


def is_boilerplate(line: str) -> bool:
    """Whether a line belongs to the page rather than to the article it stands in.

    A byline, the credit of a picture, a link to another article, a notice of rights, an invitation to subscribe, or
    a line without a word. The patterns are those of US news pages of 2012 to 2022; what they miss is taken for text.

    Args:
        line: A sentence as the splitter found it.
    """
    text = " ".join(line.split())
    return not _WORD.search(text) or _BOILERPLATE.search(text) is not None
