"""Words that tell the parts of a person name, casefolded. Points are left out of titles, except
where the word without one may be a name."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PREFIXES = _set(
    """
    dr drs ddr drin dra prof professor profin professorin univ-prof profdr mr mrs ms miss mx sir
    dame rev reverend hon capt captain col gen. lt maj. sgt messrs mister doctor
    herr frau fräulein hr hrn fr. mag. maga mmag. ing. dipl-ing di. dipl-kfm dkfm dipl-kffr hofrat
    kommr komm-rat drmed driur drphil med. jur. rernat medrat stb. ra.
    mme mlle monsieur madame mademoiselle maître me.
    sr. sra srta señor señora señorita doña dña d. dom. sig sigra signor signora dott dottssa avv
    geom arch. ir dhr mevr mw. mevrouw meneer
    pani mgr mudr judr phdr rndr mvdr bc. inż hab. г-н г-жа д-р проф господин госпожа
    sheikh shri smt hajji haji ustadh доктор κ. κα. κος κυρία κύριος
    """
)

SUFFIXES = _set(
    """
    jr junior snr sr senior ii iii iv jnr esq esquire phd dphil mba msc bsc md dds dvm jd llm
    llb bba b.a. m.a. ba. ma. mphil mag(fh) edd dba cpa cfa pmp rn. obe cbe mbe kbe frcs mbbs
    (fh) d.o. psyd pharmd frs dipl-ing. fils père
    様 さん さま 先生 氏 殿 씨 님 선생님 先輩 女士 小姐 博士
    """
)

PARTICLES = _set(
    """
    van von der den de del della dello delle degli dei di da dos das do du des la le los las el al
    bin bint ibn ben abu ter ten te zu zur zum vom af av am auf op in het 't 's st. aan thoe y'
    """
)
CAPITAL_PARTICLES = _set(
    "van von vander vande der den de del della di da dos du des la le los las el ter ten st. st"
)
IBERIAN = _set("de del do da dos das De Del Do Da Dos Das")
MARIAN = _set("maria maría mª mª. juan joão joao")

# Not of one person: companies, teams, several people, kin.
NOT_OF_PERSONS = _set(
    """
    gmbh mbh ag kg ohg ug ev inc ltd limited llc llp lp plc corp corporation co company cie sarl
    sas sa spa srl bv nv ab oy aps sro kft group gruppe holding holdings partners partner
    foundation stiftung verein university universität hotel restaurant bank shop store studio
    clinic klinik praxis hospital school schule agency agentur consulting solutions services
    service systems technologies software international team support sales marketing info office
    büro reception helpdesk desk accounting buchhaltung department dept admin administration
    billing hr hotline emergency taxi customer client test contact unknown anonymous
    the and und et y e i or oder family familie famille familia
    """
)

# As a first word it may be a family name (Chinese, Korean, Vietnamese, Hungarian, Japanese, without
# accents), a title, kin or half a given name; so two words do not say which is which.
UNSURE_FIRST = _set(
    """
    wang li zhang liu chen yang huang zhao wu zhou xu sun zhu gao guo lin luo zheng liang xie tang
    deng feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren
    shen yao jin he ma hu mao xi deng chan wong cheung lau leung kwok tsang chow tan ng teo
    kim lee park choi jung jeong kang cho yoon jang lim han oh seo shin kwon hwang ahn song hong
    moon bae baek ryu yoo nam noh ha ban
    nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh trinh truong
    nagy kovacs toth szabo horvath varga kiss molnar nemeth farkas balogh papp takacs juhasz
    lakatos meszaros olah racz fekete szilagyi torok feher kis szucs kocsis orsos pinter fodor
    orban magyar
    sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada
    sasaki yamaguchi matsumoto inoue kimura
    king queen prince princess president senator judge major general bishop pope saint lord lady
    father mother sister brother uncle aunt auntie tante onkel oma opa mama papa mom mum dad
    abd abdul abdel abdal
    """
)
