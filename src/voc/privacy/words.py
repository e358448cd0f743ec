"""Word lists of the name and address rules: character classes, common words, given names, and names of things."""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Latin, Greek and Cyrillic letters as classes for ``re``, which has no \p{Lu}.
UPPER = "".join(chr(c) for c in range(0x41, 0x530) if chr(c).isupper())
LOWER = "".join(chr(c) for c in range(0x61, 0x530) if chr(c).islower())

# Words that follow a title, a role or a greeting and are no name, and words that no address consists of.
COMMON = _words(
    """
    a about above absolutely access account across actually add address addressed adhd admin advice advise
    advised after afternoon again agent ago ago. alive all almost alone along already also although always am
    amazing amazon ambulance an and annoyed another answer anxiety anxious any anyone anything apart app
    apparently appeared appointment appointments april are area around arrived as asap ask asked asking
    assistant at attending attentive audiology august available away awful back bad based be because bed been
    before behind being best better between big birthday bit blame blood bloods book booked booking boots boss
    both box boy brilliant bring brother brought bus busy but by call called calling calls calm came can can't
    cancel cancelled cancer cannot card cardiology care cared career careful carer caring cars case cat ceo
    chair chased chat check checked cheers chemo child children christmas city clean cleaner clear clinic
    clinical clinics close closed closing clothes co code coffee cold colleague colleagues come comes coming
    comment comments community company compassionate competent complaint concerned confused consultant
    consultants consultation contact continue cost could couldn't counselling counsellor country couple courier
    course covid cpn cqc crew crisis ct cup customer customer's customers dad daily daughter day days deal dealt
    dear december definitely delayed delivered delivery dental department depression deserve desk diabetes
    diagnosis dialysis did didn't dietitian different difficult disappointed disappointing discharge discharged
    disgusting distressed do doctor doctors does doesn't dog doing don't done down dressed driver drivers drs
    due during each early easily east easy ecg efficient either else email emergency empathetic end endoscopy
    england english enough especially etc even evening ever every everybody everyday everyone everything
    excellent exceptional exhausted expected experience explain explained explaining extra extremely eye face
    facebook family fantastic far fast father faultless february fed feedback feel feeling fell felt few film
    final finally find fine first five five-star fix floor follow followed following food for form found four
    fracture free friday friend friendly friends from front frustrated full fully furious further gastro gave
    general get gets getting girl girls give given gives giving glad go god goes going gone good google got gp
    gps grateful gratitude great group gynae had half hand happened happy hard has hasn't hate have haven't
    having hca he he's head health healthcare hear heard heart hello help helped helpful helpfulness helping
    helps her here hers herself hi high him himself his history hold holiday home hope hospital hot hour hours
    house how however husband hygienist i i'd i'll i'm i've if ill immediately important impressed in
    information informed injection inpatient instagram instead integrated interested internet into invoice irish
    is isn't issue issues it it's item items its itself jan january job july june just keep keeping kept kidney
    kind kindly kindness knew know knowledgeable known lab ladies lady last late later lead least leave left
    less let letter life lift like line list listen listened listening literally little live local london long
    look looked looking lost lot lots love loved lovely lucky madam made mail main make makes making man
    management manager managers manner many march massive maternity matron may maybe me mean medical medication
    medicine meet meeting member members men mental message met midwife midwives might miles mine minute minutes
    miss missed mom moment monday money month months more morning most mostly mother moved mri much mum my
    myself n/a na name named nan near nearly need needed needs neither nervous neurology never new news next nhs
    nice night nil no nobody non none none. nor north not nothing november now nowhere number numerous nurse
    nurses nursing occupational october of off offer offered office often ok okay old on onc once oncology one
    online only onto open operation opinion or order orders orthodontist orthopaedic other others our ours out
    outpatient outpatients outside over overall own oxygen paediatric paediatrician page paid pain pals
    paramedic paramedics parcel parcelforce parents park parking part partner party pass past patience patient
    patients pay people perfect perhaps person pharmacist pharmacy phlebotomist phone physio physiotherapist
    physiotherapy place plan pleasant please pleased podiatrist podiatry point polite poor poorly possible post
    ppe practice practitioner pregnant prescription present pretty previous private probably probation problem
    problems procedure process product products professional provided psychiatrist psychologist psychology ptsd
    public punctual put quality question questions queue quick quickly quiet quite radiographer radiographers
    radiology ran rang rarely rather read ready real really reason reassured reassuring received recent recently
    reception receptionist receptionists recommend ref referral refund regarding regards registrar registrars
    reply report respect respond response rest result results return returned review rheumatology right road
    room rooms round rude run runs rural safe said sales same sat saturday saw say saying says scan scanner
    scared school scottish seat second secretary see seeing seem seemed seems seen send senior sent september
    service services session several shame she she's shift shocked shocking shop should show sick side
    significantly simply since sincerely single sir sister sit site sitting six sleep small smile so social some
    somebody someone someone's something sometimes son soon sore sorry south speak speaking specialist spent
    spoke spoken spotless staff staff's start started stay stayed still stop stopped store straight street
    stressed stroke student students substance such suffering sunday superb superstar supervisor support
    supportive sure surgeon surgeons surgery surprised swift system take taken takes taking talk talked talking
    tea team teams technician telephone tell temporary terrible terrific test tests text than thank thanked
    thankful thanking thanks that that's the their them themselves then therapist there there's therefore these
    they they're thing things think this thorough those though thought three thrilled through throughout
    thursday ticket till time times tired to today together told tomorrow too took top total totally towards
    town trained trainee transfer transport treat treated treating treatment triage tried truly trust try trying
    tuesday twice twitter two uk ultrasound unable unacceptable under understand understanding understood
    unfortunately unhappy unhelpful unit united unless until up upon upset urgent urology us usa use used useful
    useless usual usually vaccination van vascular very via visit visited visitors visits volunteer volunteers
    wait waited waiting walk walked want wanted ward wards warm was wasn't watch way we we're wednesday week
    weekend weeks weight welcome welcoming well welsh went were west what what's when where whether which while
    who whole whose why wife will wish with within without woman women won't wonderful word words work worked
    worker workers working works world worried worry worse worst would wouldn't writing wrong x-ray xmas xray
    year years yes yesterday yet you you're young your yours yourself youtube zero zoom
    """
)

# Short forms that stand before a name, a number or an address, and are no part of one.
NEVER_NAMES = _words(
    "mr mrs ms mx dr prof iban bic mrn ssn nhs dob nino vat apt ste suite po tel mob fax ref id url ip gluten dairy"
    " lactose vegan vegetarian halal kosher emdr cbt booster camhs iapt tweed"
)

# Given names that are hardly ever anything else; those that are words, places or shops (Grace, Victoria, Lewis) are
# left to the cues around them.
GIVEN = _words(
    """
    aaron abdul abdullah abigail adam adele adrian agnes agnieszka ahmed aidan aisha alan alasdair alastair
    alejandro alex alexander alexandra alfie ali alice alicia alison alistair allan allison amanda amelia amina
    amir amit amy ana anastasia andrea andreas andrew andrzej andy angela angie angus anil anita anjali ann anna
    annabel anne annette annie anthony anton antonio arjun arthur arun asha ashish ashley audrey ayesha barbara
    barry beatrice becky belinda benjamin bernadette bernard beth bethany betty beverley bhavna billy bob bobby
    brenda brendan brian bridget bronwen bruce bryan callum cameron carl carla carlos carly carmen carol carole
    caroline carolyn catherine cathy catriona cecilia cedric charles charlie cheryl chloe chris christina
    christine christopher ciara claire clare claudia clive colette colin connor cynthia daniel daniela danielle
    danny daphne darren dave david dawid debbie deborah declan deepa deepak deirdre denise dennis derek desmond
    diana diane diego dmitri dominic donald donna doreen doris dorothy douglas duncan dylan eamon eddie edith
    edward eileen elaine eleanor elena eleni elisabeth elizabeth ella ellen ellie elsie emily emma enrique eric
    erica erin esther ethan eva evelyn ewan farah fatima felicity fernando fiona francesca francis francisco
    frederick gareth gary gavin gemma geoff geoffrey george georgina gerald geraldine gerard gillian giovanni
    gladys glenda glenn gloria gordon graeme graham greg gregory gurpreet gwen hannah harold harpreet harriet
    harry hassan hayley heidi helen helena henry hilary howard hugh hugo humphrey hussein ian ibrahim imran
    ingrid irene isaac isabel isabella isabelle jacek jackie jacob jacqueline jacqui jaime jake jakub james
    jamie jan jane janet janice janine jasmine jason javier jayne jean jeff jeffrey jennifer jenny jeremy jerome
    jess jessica jill jim jimmy joan joanna joanne jodie joe joel johanna john johnny jonathan jose joseph
    josephine josh joshua joyce juan judith judy julia julian julie juliet justin kamal karen karl karolina
    katarzyna kate katherine kathleen kathryn kathy katie katrina kavita keith kelly ken kenneth kerry kevin
    khadija khalid kiran kirsten kirsty krishna krystyna kumar kwame lakshmi laura lauren laurence lawrence
    leanne leila leo leon leonard leslie liam lillian linda lindsay lisa liz lloyd lois lorna lorraine louis
    louise lucia lucy luis luke lydia lynda lynn lynne mabel maciej magdalena mahmoud malcolm mandeep mandy
    manuel marcus margaret maria marian marie marilyn marina marion marjorie marta martha martin mary mateusz
    matilda matt matthew maureen maurice megan mehmet melanie melissa michael michal michele michelle miguel
    mike mildred miriam mohamed mohammad mohammed moira molly monica monika moses muhammad muriel mustafa nadia
    nancy naomi natalia natalie natasha nathan neelam neil niamh nicholas nicola nicole nigel nikhil nina noel
    nora norma norman olga oliver olivia omar oscar owen pablo pamela patel patricia patrick paul paula pauline
    pawel pedro peggy peter phil philip philippa phillip phoebe phyllis pierre piotr pooja prakash priya rachael
    rachel rafael raj rajesh ralph ramesh raymond rebecca reginald rhiannon rhys ricardo richard rita robert
    roberta robin rodney roger roland ronald ronnie rosalind rosemary rosie rowena roy rupert russell ruth ryan
    sally sam samantha samir samuel sandeep sandra sanjay sara sarah scott sean sebastian sergei shane sharon
    shaun sheila shirley sian simon siobhan sofia sonia sophia sophie stacey stanley stefan stella stephanie
    stephen steve steven stuart suresh susan susanna suzanne sylvia tamara tania tanya tara terence teresa
    thelma theresa thomas tim timothy tina toby tom tomasz tommy tony tracey tracy trevor trisha una ursula usha
    valerie vanessa vera veronica vicky vijay vikram vincent vivien vladimir walter wanda wayne wendy wilfred
    william winifred xavier yasmin yusuf yvonne zainab zoe zofia
    """
)

# What a name before these words names: "St Mary's Hospital", "John Street", "Ben and Co".
THINGS = _words(
    """
    academy act airport avenue award baker bakery block bridge brothers browns building bunyan cafe cathedral
    center centre chapel church city clarkson clinic close co college company cook county course courses court
    cup day deere disease drive dyson foundation gardens group hill home hospice hospital hospitals hotel house
    inc infirmary inn island islands jacobs klein lane league lewis library limited llc lodge ltd mitchell
    museum paget park partners place plc practice prize programme pub radcliffe restaurant road scale school
    score shop shops square stadium station store stores street suite surgery syndrome terrace test theatre
    tower town trust unit university vuitton ward way wing
    """
)
BEFORE_THINGS = _words(
    """
    brand color colour fort hms hospital hotel king lady lake lord market mount plan port prince princess product queen
    royal saint saints service shade site st st. style the unit ward
    """
)
