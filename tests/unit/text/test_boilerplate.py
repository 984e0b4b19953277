from __future__ import annotations

import pytest

from newsml.text.boilerplate import is_boilerplate

LINES = (
    "By Jane Doe",
    "By Jane Doe and John Q. Public, Special Correspondents",
    "The Associated Press contributed to this report.",
    "Copyright © 2019 The Example Times, LLC. Click here for reprint permission.",
    "More:What the ruling means for drivers",
    "READ MORE:",
    "Enlarge this image toggle caption Ann Other/AP Ann Other/AP",
    "Image copyright Getty Images Image caption The ferry leaves the port",
    "FILE - In this March 16, 2020 file photo, a nurse prepares a syringe.",
    "Jane Doe, Special for USA TODAY",
    "NPR's Jane Doe reports for our Newscast unit:",
    "Sign up for our morning newsletter",
    "Follow @example",
    "(Jane Doe/Reuters)",
    "Photo: Getty",
    "***",
    "\n — ",
)
SENTENCES = (
    "By nearly every metric, the economy is doing well.",
    "By Friday, the water had reached the town.",
    "The photo shows the two men shaking hands.",
    "More than 40,000 troops were sent to the border.",
    "The newspaper said its copyright had been infringed.",
    "Voters can sign up at the town hall.",
    "The senator said he would follow the president's lead.",
    "Watch groups say the law is unconstitutional.",
    "Reuters reported on Monday that talks had failed.",
    "What the party wants: lower taxes, fewer rules.",
)


@pytest.mark.parametrize("line", LINES)
def test_what_belongs_to_the_page(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_belongs_to_the_article(sentence: str) -> None:
    assert not is_boilerplate(sentence)
