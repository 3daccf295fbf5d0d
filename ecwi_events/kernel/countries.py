"""One table of countries: ISO code to English name, as a label and inside a sentence.

Seeded once from the Unicode CLDR (English short names) and edited by hand where the network says it otherwise: "and" is
written out, "The Netherlands" has its article. Kosovo goes by XK. No name takes a side: the codes are those of ISO 3166-1.
"""

from __future__ import annotations

from ecwi_events.kernel.text import fold

_TABLE = """
AD=Andorra;AE=United Arab Emirates;AF=Afghanistan;AG=Antigua and Barbuda;AI=Anguilla;AL=Albania;AM=Armenia;AO=Angola
AQ=Antarctica;AR=Argentina;AS=American Samoa;AT=Austria;AU=Australia;AW=Aruba;AX=Åland Islands;AZ=Azerbaijan
BA=Bosnia and Herzegovina;BB=Barbados;BD=Bangladesh;BE=Belgium;BF=Burkina Faso;BG=Bulgaria;BH=Bahrain;BI=Burundi
BJ=Benin;BL=Saint Barthélemy;BM=Bermuda;BN=Brunei;BO=Bolivia;BQ=Caribbean Netherlands;BR=Brazil;BS=The Bahamas
BT=Bhutan;BV=Bouvet Island;BW=Botswana;BY=Belarus;BZ=Belize;CA=Canada;CC=Cocos (Keeling) Islands;CD=Congo (Kinshasa)
CF=Central African Republic;CG=Congo (Brazzaville);CH=Switzerland;CI=Côte d’Ivoire;CK=Cook Islands;CL=Chile
CM=Cameroon;CN=China;CO=Colombia;CR=Costa Rica;CU=Cuba;CV=Cape Verde;CW=Curaçao;CX=Christmas Island;CY=Cyprus
CZ=Czechia;DE=Germany;DJ=Djibouti;DK=Denmark;DM=Dominica;DO=Dominican Republic;DZ=Algeria;EC=Ecuador;EE=Estonia
EG=Egypt;EH=Western Sahara;ER=Eritrea;ES=Spain;ET=Ethiopia;FI=Finland;FJ=Fiji;FK=Falkland Islands;FM=Micronesia
FO=Faroe Islands;FR=France;GA=Gabon;GB=United Kingdom;GD=Grenada;GE=Georgia;GF=French Guiana;GG=Guernsey;GH=Ghana
GI=Gibraltar;GL=Greenland;GM=The Gambia;GN=Guinea;GP=Guadeloupe;GQ=Equatorial Guinea;GR=Greece
GS=South Georgia and South Sandwich Islands;GT=Guatemala;GU=Guam;GW=Guinea-Bissau;GY=Guyana;HK=Hong Kong
HM=Heard and McDonald Islands;HN=Honduras;HR=Croatia;HT=Haiti;HU=Hungary;ID=Indonesia;IE=Ireland;IL=Israel
IM=Isle of Man;IN=India;IO=British Indian Ocean Territory;IQ=Iraq;IR=Iran;IS=Iceland;IT=Italy;JE=Jersey;JM=Jamaica
JO=Jordan;JP=Japan;KE=Kenya;KG=Kyrgyzstan;KH=Cambodia;KI=Kiribati;KM=Comoros;KN=Saint Kitts and Nevis;KP=North Korea
KR=South Korea;KW=Kuwait;KY=Cayman Islands;KZ=Kazakhstan;LA=Laos;LB=Lebanon;LC=Saint Lucia;LI=Liechtenstein
LK=Sri Lanka;LR=Liberia;LS=Lesotho;LT=Lithuania;LU=Luxembourg;LV=Latvia;LY=Libya;MA=Morocco;MC=Monaco;MD=Moldova
ME=Montenegro;MF=Saint Martin;MG=Madagascar;MH=Marshall Islands;MK=North Macedonia;ML=Mali;MM=Myanmar;MN=Mongolia
MO=Macao;MP=Northern Mariana Islands;MQ=Martinique;MR=Mauritania;MS=Montserrat;MT=Malta;MU=Mauritius;MV=Maldives
MW=Malawi;MX=Mexico;MY=Malaysia;MZ=Mozambique;NA=Namibia;NC=New Caledonia;NE=Niger;NF=Norfolk Island;NG=Nigeria
NI=Nicaragua;NL=The Netherlands;NO=Norway;NP=Nepal;NR=Nauru;NU=Niue;NZ=New Zealand;OM=Oman;PA=Panama;PE=Peru
PF=French Polynesia;PG=Papua New Guinea;PH=Philippines;PK=Pakistan;PL=Poland;PM=Saint Pierre and Miquelon
PN=Pitcairn Islands;PR=Puerto Rico;PS=Palestine;PT=Portugal;PW=Palau;PY=Paraguay;QA=Qatar;RE=Réunion;RO=Romania
RS=Serbia;RU=Russia;RW=Rwanda;SA=Saudi Arabia;SB=Solomon Islands;SC=Seychelles;SD=Sudan;SE=Sweden;SG=Singapore
SH=Saint Helena;SI=Slovenia;SJ=Svalbard and Jan Mayen;SK=Slovakia;SL=Sierra Leone;SM=San Marino;SN=Senegal
SO=Somalia;SR=Suriname;SS=South Sudan;ST=São Tomé and Príncipe;SV=El Salvador;SX=Sint Maarten;SY=Syria;SZ=Eswatini
TC=Turks and Caicos Islands;TD=Chad;TF=French Southern Territories;TG=Togo;TH=Thailand;TJ=Tajikistan;TK=Tokelau
TL=Timor-Leste;TM=Turkmenistan;TN=Tunisia;TO=Tonga;TR=Türkiye;TT=Trinidad and Tobago;TV=Tuvalu;TW=Taiwan;TZ=Tanzania
UA=Ukraine;UG=Uganda;UM=U.S. Outlying Islands;US=United States;UY=Uruguay;UZ=Uzbekistan;VA=Vatican City
VC=Saint Vincent and the Grenadines;VE=Venezuela;VG=British Virgin Islands;VI=U.S. Virgin Islands;VN=Vietnam
VU=Vanuatu;WF=Wallis and Futuna;WS=Samoa;XK=Kosovo;YE=Yemen;YT=Mayotte;ZA=South Africa;ZM=Zambia;ZW=Zimbabwe
"""

# Inside a sentence these take an article: "visits to the Netherlands". Labels stay as in the table.
_ARTICLES = "AE BQ BS CC CF CK DO FK FO GB GM IM IO KM KY MH MP MV NL PH PN SB SC TC TF UM US VG VI"
_WITH_ARTICLE = frozenset(_ARTICLES.split())

NAMES: dict[str, str] = dict(
    entry.split("=", 1) for line in _TABLE.strip().splitlines() for entry in line.split(";")
)  # fmt: skip


_BY_NAME = {fold(name).removeprefix("the "): code for code, name in NAMES.items()}


def is_country(code: str) -> bool:
    """Tell whether the table knows this two-letter code (capital letters)."""
    return code in NAMES


def label(code: str | None) -> str:
    """Return the name for a label: ``The Netherlands``; the code itself if unknown, nothing for no code."""
    return NAMES.get(code, code) if code else ""


def in_sentence(code: str | None) -> str:
    """Return the name for the middle of a sentence: ``the Netherlands``, ``Ukraine``."""
    name = label(code)
    if code not in _WITH_ARTICLE:
        return name
    return "the " + name.removeprefix("The ")


def find_code(typed: str) -> str | None:
    """Return the code of a country that somebody typed as its code or its English name, or None if we do not know it."""
    return code if (code := typed.strip().upper()) in NAMES else _BY_NAME.get(fold(typed).removeprefix("the "))
