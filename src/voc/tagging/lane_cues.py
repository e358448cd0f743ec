"""What a lane's words look like: broad cues that a linear head weighs for safety, and rules for the other lanes.

A cue alone decides nothing for safety: "cut" is in half of all reviews of dresses. The groups are features beside word
pieces and the static vector; the head has learnt what they mean together (``lanes``).
"""

# ruff: noqa: E501 -- a rule is read as one line
from __future__ import annotations

import re

_BODY = (
    r"(?:hands?|fingers?|thumbs?|arms?|wrists?|elbows?|shoulders?|legs?|knees?|shins?|thighs?|foot|feet|toes?|"
    r"ankles?|hips?|backs?|necks?|heads?|face|eyes?|ears?|nose|lips?|mouth|tongue|teeth|tooth|throat|skin|scalp|"
    r"chest|stomach|ribs?|jaw|skull|nerves?|kidneys?|liver|lungs?|bowel|cornea|retina|collarbone|windpipe|"
    r"armpits?)"
)
_DRUG = (
    r"(?:dos(?:e|es|age)|drugs?|tablets?|tablits?|pills?|capsules?|medic\w+|medcin\w*|meds|injections?|insulin|"
    r"warfarin|morphine|antibiotics?|penicillin|steroids?|inhalers?|vaccines?|jabs?|drips?|eye drops|bag of fluid|"
    r"transfusion|blood|antihistamine|paracetamol|scripts?|methotrexate|chemo\w*|pump|syringe|strength)"
)

SAFETY_CUES: dict[str, str] = {
    "wrong_drug": (
        r"(?:wrong|rong|incorrect|mixed|mix(?:ed)? up|someone else'?s|somebody else'?s|another (?:patient|man|woman|"
        r"person|child)'?s?|anuther \w+|out of date|expired|double\w*|twice|ten times|adult'?s|"
        r"old) (?:\w+'?s? ){0,4}@DRUG@|@DRUG@ (?:\w+ ){0,5}(?:by mistake|twice|wrong|meant for|instead of|mixed up|"
        r"too fast|muddled)|\d+ ?mg instead|same drug|never be (?:taken|combined)"
    ),
    "no_drug": (
        r"(?:no|without|missed|miss|ran out of|run out of|stopp?(?:ed|ing)?|forgot|didn'?t (?:get|have|give)|"
        r"not (?:given|restarted)|nobody restarted|left out|half) (?:\w+'?s? ){0,4}(?:@DRUG@|oxygen|fluids?|treatment)"
    ),
    "allergy": (
        r"al+er?g\w*|anaphyla\w*|epi-?pen|coeliac|\bhives\b|\brash\b|swel+(?:ed|ing|s)?\b|swol+en|throat clos\w*|"
        r"peel(?:ed|ing)|blister\w*|reac(?:tion|shun)|twice its size|turned (?:me|him|her) yellow|red card"
    ),
    "fall": (
        r"\bfell\b|\bfallen\b|\bbad fal+\b|had a fall|fall(?:ing|s)\b|slip+ed|trip+ed|topp?led|dro?pp?ed|tipped|"
        r"went (?:over|flying|down hard|head first)|down i went|came down backwards|threw me|let go|went with it|"
        r"collaps\w*|colaps\w*|rolled into"
    ),
    "fracture": (
        r"fractur\w*|(?:broke|broken|cracked|smashed|tore|torn|done|detached|dislocated|trapped|"
        r"crushed) (?:\w+ ){0,3}@BODY@|stitches|concuss\w*|knocked out|bruis\w*|black eye|\bgash\w*|ligaments?|"
        r"lost (?:the tip|my toe|the sight|his sight|her sight)|nerve (?:damage|is gone)|@BODY@ (?:\w+ ){0,3}(?:in|"
        r"back in|open|to ribbons)\b"
    ),
    "blood": (
        r"ble+d(?:ing)?\b|\bbled\b|h?a?emorr?h\w*|blood (?:coming|everywhere|from)|pints of blood|coughed up blood|"
        r"a bleed\b|pool of blood"
    ),
    "breath": (
        r"breath?\w*|breeth\w*|turn(?:ed|ing) blue|was blue|went blue|blue lips|chok\w*|suffocat\w*|gagged|windpipe|"
        r"swallowed|aspirated|\bcpr\b|oxygen|lungs?\b|strangl\w*|round (?:his|her|my|the) (?:\w+ )?neck|around (?:his|"
        r"her|my) (?:\w+ )?(?:neck|throat)|tight around"
    ),
    "burn": (r"burn(?:t|ed|d|s|ing)?\b|scald\w*|singed?|scorch\w*|boiling|hot oil|acid\b|degree burns"),
    "fire": (
        r"(?:on|caught|cort|catch(?:es|ing)?|set|up in) (?:fire|flames?|alight|light)|\bflames?\b|fire (?:brigade|"
        r"hazard)|smok(?:e|ing) (?:coming|came|pouring|from)|smell of (?:smoke|gas|burning)|sparks?\b|explod\w*|"
        r"exploded|went bang|blew (?:up|out|the)|melted|overheat\w*|so hot\b|extremely hot|glowed red|burst\b|"
        r"extinguisher|evacuat\w*"
    ),
    "shock": (
        r"electrocut\w*|electric shock|a shock (?:from|off)|it'?s live|bare wires?|live wires?|got a belt|"
        r"tingling through|see copper|exposed wir\w*"
    ),
    "cut": (
        r"(?:cut|cuts|sliced?|sever\w*|lacerat\w*|stabbed|impaled|ripped|guillotined|went (?:right )?(?:through|"
        r"into)) (?:\w+ ){0,4}@BODY@|sharp (?:edges?|bits?)|shattered|glass in\b|piece of (?:glass|metal|plastic)|"
        r"bit of metal|(?:needle|pin|staple|syringe) (?:left|in|found)|used syringe|(?:picking bits|splinters?)"
    ),
    "death": (
        r"\bdied\b|\bdead\b|\bdeath\b|\bdying\b|kill(?:ed|s|ing)?\b|coroner|inquest|funeral|bury(?:ing)?\b|in a box\b|"
        r"would not be here|wouldn'?t be here|would still be (?:here|with us|alive)|not be alive|still alive|"
        r"is alive\b|would have been gone|miscarr\w*|stillb\w*|her body|his body|lost (?:the|our|her|my) baby"
    ),
    "selfharm": (
        r"su[ic]+[id]+\w*|sucid\w*|kil+ ?(?:my|him|her|them)\s?sel\w+|end(?:ing)? (?:it|it all|my life|his life|"
        r"her life|things)\b|self.?harm\w*|(?:hurt|hurting|cut|cutting) myself|overdos\w*|took (?:his|her|"
        r"their) own li\w+|nothing (?:left )?to live|(?:don'?t|do not) want to (?:live|be here|wake)|"
        r"better off (?:if i|without me|dead)|hang(?:ed)? (?:him|her|my)sel\w+|ligature|jump off|in front of a train|"
        r"tablets saved|can'?t go on|point of being alive|swallowed a bottle|written the letters|do it tonight|"
        r"won'?t be alive|wasn'?t here anymore"
    ),
    "abuse": (
        r"slap+ed|punch\w*|pinch\w*|kicked|shov\w*|dragg?(?:ed)?\b|grabb\w*|touch(?:ed|ing) (?:me|her|him|patients|my)"
        r"|hand on my|hit (?:by|me|him|her)|attack(?:ed)?|assault\w*|abus\w*|lock(?:ed|s)? (?:them|him|her|me|"
        r"the door)|ties? (?:her|him)|tied|held (?:face )?down|restrain\w*|threw (?:a|the)|scared of (?:the|him|her)|"
        r"frightened (?:to|of)|hurt me|rap(?:ed|ist)\b|sexual\w*|comments about my body|pictures of himself|"
        r"asked me out|keep (?:her|him) quiet|not to tell|safeguard\w*|money has gone|rough(?:ly)? handl\w*|"
        r"did this to me"
    ),
    "neglect": (
        r"left (?:\w+ ){0,6}(?:alone|floor|for (?:\w+ )?hours?|bleeding|unattended|mess|shivering|soiled|urine)|"
        r"pressure (?:sore|ulcer)\w*|bed ?sores?|dehydrat\w*|starv\w*|lost (?:two|three|\w+) stone|own (?:mess|urine|"
        r"faeces)|soiled|maggots?|gangrene|raw and weeping|hasn?'?t? been washed|nobody (?:turned|fed|washed|checked|"
        r"looked|listened|came|believed)|out of reach|taken away untouched|never (?:be|been|seem to be) fed|"
        r"not had a meal|no one came|an? no1 came|kept calling for help|shivering|no fluids|calling for help"
    ),
    "infection": (
        r"sep(?:sis|tic)\b|infect\w*|\bmrsa\b|c\.? ?diff\w*|went green|\bpus\b|gangren\w*|hepatitis|meningitis|"
        r"pneumonia|without washing|same (?:\w+ )?gloves?|vomiting bug|maggot"
    ),
    "missed": (
        r"mis+ed (?:on|twice|it|the)|\bmissed\b|misdiagnos\w*|dismissed as|(?:sent|send|put|let) (?:\w+ ){0,3}(?:home|"
        r"out|in a taxi) (?:twice|with|at|straight|without)|sent home|turned out to be|had spread|by the time|"
        r"nothing wrong with|not seen till|wasn'?t referred|filed without|letter was lost|stage (?:four|4)|secondaries"
        r"|discharged (?:at|to|a|on|straight)|told (?:us|me|him|her) (?:to drive|it was normal|there was nothing)|"
        r"put me on hold|refused to come"
    ),
    "acute": (
        r"heart attack|\bstroke\b|cardiac|s[ei]+zur\w*|\bseized\b|\b(?:two|had|a|three) fits?\b|\bfitting\b|\bcoma\b|"
        r"un ?con[sc]\w*|passed out|black(?:ed|ing) out|\bfaint(?:ed)?\b|arrested|sugar dropped|\bhypo\b|chest pain|"
        r"crushing pain|palpitations|heart race|appendix|temperature of|rash that do\w*|adrenal|potassium|oxygen was|"
        r"turned yellow|jaundice"
    ),
    "hospital": (
        r"\ba ?& ?e\b|\bambulance\b|hospital|casualty|paramedics?|\b999\b|intensive care|burns? unit|emergency|"
        r"blue lights?|fracture clinic|theatre|resus"
    ),
    "child": (
        r"\b(?:baby|babies|toddler|child|children|son|daughter|kids?|grandson|granddaughter|grandchildren|newborn|"
        r"nephew|niece|boy|girl|year old|month old)\b"
    ),
    "unsafe": (
        r"unsafe|not safe|danger\w*|hazard\w*|\brisk\b|someone (?:will|is going to) (?:die|get|be)|somebody (?:will|"
        r"is going to)|accident waiting"
    ),
    "ill": (
        r"(?:sick|ill|poorly|poison\w*|vomit\w*|throwing up|dizzy|numb|jaundice|swelled|cramps|doubled up)\b|"
        r"liver (?:is )?damag\w*|lost (?:the )?(?:sight|feeling)|not been able to feel|can(?:'?t|not) (?:see|feel|"
        r"open)|eyesight is gone|hair falling|nerve"
    ),
    "wander": (r"dementia|confused|wander\w*|walked (?:straight )?out|police found|went missing|no key|empty house"),
    "wrong_site": (
        r"wrong (?:\w+ )?(?:knee|leg|eye|tooth|side|patient|baby|child|hip|hand|foot|breast|ovary|place|notes|name)|"
        r"healthy (?:ovary|kidney|tooth|breast)|(?:swab|cannula|instrument|forceps) (?:left|still|inside|in my)|"
        r"left (?:a|an) (?:swab|needle|cannula)|mixed up (?:two|my|the)|muddled|labelled with another|wrong blood|"
        r"perforat\w*|woke up during|tube went|attempts at|still in my arm"
    ),
    "breaks": (
        r"collapsed|gave way|snapped|came (?:off|away|apart)|comes? off|pops? off|fell (?:off|out)|fall out|split in|"
        r"sheared|shattered|toppled|broke in half|tipped|folded up|blew|blade|speeds? up on its own|brakes?|"
        r"went up on its own|strap|leaked|flew (?:off|at)|don'?t hold|loose"
    ),
    "equipment": (
        r"(?:alarm|call bell|bell|defibrillator|suction|crash trolley|hoist|cylinder|cord|monitor|meter|pump|"
        r"smoke alarm)\b(?:\w| ){0,40}\b(?:not|empty|flat|locked|snapped|broken|off|silent|low|ignored|work\w*|wrong|"
        r"blocked)|(?:empty|flat|ignored|switched off|broken|expired) (?:\w+ ){0,3}(?:alarms?|cylinder|battery|bell|"
        r"defibrillator|oxygen)"
    ),
    "harmverb": (r"hurt(?:s|ing)?\b|injur\w*|harm(?:ed)?\b|damag\w*|maim\w*|scarr?ed|pain\b|agony|wound\w*|trap+ed"),
    "luck": (
        r"(?:only by luck|luckily|lucky for you|thank(?:fully| god)|otherwise i would|dread to think|only reason|"
        r"only noticed|spotted it|had i not|if the|if somebody had|saved my life|saved (?:his|her) life|another (?:ten"
        r"|five|\w+) minutes)"
    ),
    "gone": (
        r"\bfloppy\b|\blimp\b|unrespons\w*|respond(?:ing)?\b|not be woken|grey and|(?:went|turned|are|were|going) (?:black|blue|grey|cold)|"
        r"ketoacid\w*|\bclots?\b|embol\w*|ectopic|ruptured|relaps\w*|worse and worse|near(?:ly)? (?:lost|died|dead)|almost (?:lost|died)|"
        r"racing|past out|agony|rigid|shaking"
    ),
    "body_hurt": (
        r"(?:broke\w*|crack\w*|crush\w*|chip+ed|shatter\w*|twist\w*|sprain\w*|snapp?ed|dislocat\w*|tor[en]\w*|slic\w*|nick\w*|trap+ed|"
        r"hook\w*|jab+ed|blister\w*|scald\w*|burn\w*|hit|bang\w*) (?:\w+ ){0,4}(?:@BODY@|verteb\w*|spine|bones?|gums?|palm)|"
        r"(?:@BODY@|spine|gums?|palm|neck) (?:\w+ ){0,4}(?:bled|black|blue|sw[eo]l+\w*|numb|dead|raw|open|crooked|bits|size of|bleeding|"
        r"racing|thick|cloudy|shut|closed)|stitches|concuss\w*|blood|ligaments?|scar(?:red|s)? for"
    ),
    "let_go": (
        r"burst|ex\w*plo\w*|expload\w*|blew|shatter\w*|buckl\w*|\bgave\b|gives? way|snapp?ed|chain broke|broke (?:on|with|under|at)|"
        r"split|c[ao]me (?:loose|off|down)|coming off|lets? go|undid|open(?:ed|s)? (?:by|on) (?:it|its)|bolt was|not strapped|"
        r"not (?:fasten|lock|shut)|did not (?:fasten|lock|shut)|slid (?:off|out)|swinging|falling off|collapsed|folded up|shot away|drove off"
    ),
    "jolt": r"\bjolt\w*|shock(?:ed)? (?:me|my|him|her|off|from)|got shocked|thrown (?:across|out|off)|zapp?ed|sparks?|glow\w*|alight|scorch\w*|melt\w*|smoke",
    "sounded": (
        r"\brong\b|\bnerse\b|wont to die|\bdyed\b|ambl?[aeu]lan\w*|amblance|injec\w*n\b|reac\w*n\b|sw[oe]l+\w*|\bbotle\b|\bbabb?y\b|"
        r"stop+ed br\w*|\bcort\b|\bfell? of\b|\bpast out\b|\blisens?\b|\bpunch\w*"
    ),
    "despair": (
        r"way out of this|easier (?:life )?(?:if|without)|better off|\bplan to\b|had a plan|counted out|voices telling|dead before|"
        r"keep (?:myself|himself|herself|themselves) safe|\brazor|noose|in the river|off the (?:bridge|roof|balcony)|the bridge|"
        r"cutting again|not eating|crisis line|found (?:him|her) (?:in|on|dead)|what (?:he|she|they) would do|everything in the cupboard"
    ),
    "was_told": (
        r"(?:said|told|put down to|says?|called it)(?: \w+){0,6} (?:anxiety|panic|virus|sprain|piles|indigestion|routine|normal|nothing|fine|"
        r"stress|wait|come back|taxi|bring (?:him|her|them) in)|it (?:was|is) (?:a |an )?(?:heart|stroke|clots?|fractur\w*|cancer|bowel|broken|sepsis|mening\w*)|"
        r"as it turned out|cancel+ed (?:three|four|five|\w+) times|nobody (?:rang|told)|never told|not told|for two years|went to my old"
    ),
    "grave": (
        r"cancer|tumou?r|stage (?:two|three|four|\d)|abnormal|shadow on|kidneys? fail\w*|liver|lost (?:the|my|his|her|both|all|a|\w+) (?:leg|foot|feet|"
        r"eye|sight|teeth|arm|tube|kidney|fingers?)|(?:only|just) have one|no longer (?:hold|walk|see|know|feel|hear)|cannot walk|"
        r"not know my name|never came home|empty chair|no house|intensive care|in hospital|emergency"
    ),
    "held": (
        r"(?:lay|lying|laid|left|sat|stuck|waited|waiting|wait)\b.{0,40}\b(?:floor|garden|rain|pain|bleeding|stroke|breath\w*|broken|"
        r"corridor|trolley|agony|heart)|(?:\d+|two|three|four|five|six|seven|eight|nine|ten|several|\w+teen) ?(?:hours?|hrs).{0,40}\b(?:floor|pain|bleeding|"
        r"stroke|breath\w*|died|dad|heart|agony)|(?:floor|stroke|heart attack|breath\w*).{0,50}\b(?:hours?|hrs|minutes)"
    ),
    "staff_did": (
        r"(?:carer|nurse|nerse|porter|driver|therapist|staff|man|patient|helper|brother|partner|husband|teacher)\b.{0,30}\b(?:hits?|slap\w*|"
        r"grip\w*|grab\w*|push\w*|shout\w*|laugh\w*|tie[sd]?|touch\w*|climbed|threaten\w*|private messages|secret|pull\w*|shuts?)\b|"
        r"marks? (?:on|in)|(?:purse|money|ring|bank) (?:\w+ ){0,4}(?:empty|gone|missing)|take\w? (?:her|his) buzzer|cigarette burns|dark (?:room|cupboard)"
    ),
    "positive": (
        r"\b(?:excellent|brilliant|wonderful|superb|fantastic|lovely|thank you|amazing|outstanding|great|perfect|"
        r"gentle|kind|reassuring|beautifully|well looked after|sorted|at once|very good|recommend\w*|love)\b"
    ),
    "negated": (
        r"\b(?:no|not|never|nobody|without|didn'?t|doesn'?t|don'?t|wasn'?t) (?:\w+ ){0,3}(?:side effects?|harm|hurt|"
        r"pain\w*|burn\w*|reaction|rash|unsafe|danger\w*|fall|fell|bruis\w*|sting|overheat|risk|caught fire)"
    ),
    "question": (r"\?|^(?:is|does|do|can|how|what|which|where|when)\b"),
}

_RULES: dict[str, tuple[str, ...]] = {
    "formal_complaint": (
        r"(?:formal|official)(?:ly)?\b.{0,20}\b(?:complain\w*|grievance)|complain formally",
        r"(?:make|making|lodge|file|filing|raise|raising|put in|log|register|submit|record)\b(?: \w+){0,3} (?:complain\w*|grievance)",
        r"(?:complaints? (?:procedure|department|team|process|manager)|(?:letter|notice) of complaint|\bpals\b)",
        r"\bmy complaint\b.{0,40}\b(?:passed|escalat\w*|investigat\w*|stage|response|writing)",
        r"(?:response|reply) to my complaint|stage two complaint|treat this .{0,20}as a(?:n \w+)? complaint",
    ),
    "legal": (
        r"\b(?:solicitors?|lawyers?|attorney|barrister)\b.{0,30}\b(?:touch|contact\w*|hear|letter|instruct\w*|writ\w*|this)",
        r"(?:hear|letter) from my (?:solicitors?|lawyers?)|\b(?:sue|suing)\b (?:you|them|the|this|for damages)|going to sue",
        r"(?:take|taking|taken) (?:you|this|it|them) to (?:court|a tribunal)|small claims|letter before action|legal (?:action|advice|proceedings)",
        r"(?:clinical|medical|gross) negligence|this is negligence|seeking compensation|ombudsman|breach of (?:the|contract)",
        r"\b(?:cqc|gmc|nmc|fca|cfpb|hse|mhra)\b|care quality commission|trading standards|consumer rights act|action fraud",
        r"report(?:ed|ing)? (?:you|this|it|him|her|them) to (?:the )?(?:police|regulator|authorities)|(?:contacting|writing to) my mp\b",
    ),
    "data_protection": (
        r"subject access|\bgdpr\b|\bdata protection\b|(?:data|privacy|confidentiality) breach|\bbreach of (?:my )?(?:privacy|confidentiality)|\bthe ico\b",
        r"(?:copy|copies) of (?:all )?(?:the |my )?(?:data|information|records?|notes)|access to my (?:medical )?(?:records|data|notes|file)",
        r"(?:delete|erase|remove|erasure of)\b.{0,25}\b(?:my|all)\b.{0,25}\b(?:data|account|details|personal information|records)",
        r"(?:details|data) (?:removed|erased|deleted)|withdraw my consent|article 1[5-7]\b|processing my data|hold (?:on|about) me",
        r"who has (?:looked at|accessed|seen) my|lost my (?:file|records|notes)",
        r"(?:my|some(?:one|body) else'?s|another (?:patient|customer)'?s?) (?:\w+ ){0,3}(?:letter|results|details|address|bank details)\b.{0,50}\b(?:shown|sent|visible|envelope|another|posted)",
        r"sent my .{0,25}to (?:another|the wrong) (?:patient|person|customer)",
    ),
    "vulnerable": (
        r"\bi(?:'?m| am) (?:\w+ ){0,2}(?:blind|deaf|homeless|disabled|suicidal|terminally ill|housebound|bereaved|pregnant and)",
        r"(?:cannot|can'?t|can not) (?:cope|read (?:your|the|my|these)|afford (?:to )?(?:heat|eat|food|buy food|the meter))|no money left|nowhere to (?:go|live)",
        r"lives? alone\b|(?:not|hasn'?t) had a meal|sleeping in my car|\bi am (?:1[0-7]|[89])\b(?! (?:weeks|months|stone|days))",
        r"(?:has|with|have) (?:dementia|alzheimer'?s|learning (?:difficult\w*|disabilit\w*)|terminal cancer)\b.{0,60}\b(?:alone|cannot|can'?t|doesn'?t|does not|contract|signed|cope|wait)",
        r"(?:just|recently) lost my (?:husband|wife|mother|father|mum|dad|son|daughter|partner)|my late (?:husband|wife|mother|father|mum|dad)",
        r"\bis (?:autistic|elderly and confused)\b|don'?t want my parents to know|english is not my (?:first )?language|do not understand what the doctor",
    ),
}
LANE_RULES = {
    lane: re.compile("|".join(f"(?:{rule})" for rule in rules), re.IGNORECASE) for lane, rules in _RULES.items()
}
CUE_PATTERNS = tuple(
    re.compile(cue.replace("@BODY@", _BODY).replace("@DRUG@", _DRUG), re.IGNORECASE) for cue in SAFETY_CUES.values()
)
