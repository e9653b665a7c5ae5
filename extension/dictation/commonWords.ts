/**
 * Common English words. A recogniser capitalises the first word of a sentence, and a common word
 * loses that capital. Any other word may be a name ("Python", "Anna", "Monday") and keeps it.
 */
const COMMON: ReadonlySet<string> = new Set(
  `
  a able abort abortion about above absent absolute accept accepted accepts access accident
  account acknowledged acknowledges across action actions active adapter add added address
  addressee addresses adds administrator admits admitted advice advisory afraid afresh after
  afternoon afterwards again against age agent agents ago agree agreed agreement ahead al alert
  alerts aligned alike alive all allow allowed allows alone along already alright also altered
  alternative altogether always am among amount an analysis analyzer analyzers and anew ann
  announced another answer answered answers any anybody anymore anyone anything anyway anywhere
  apart app appear appears appended appendix applied applies apply approval approvals approves
  arch archive are arecord arenas args argument arguments around array arrive arrived arrives
  article as aside ask asked asking asks asr assent async at atoms attached attaches attachment
  attempt attempts audience audio audiotee auditors available average averaged await awaited away
  back background backticks backup backups bad balancer band banner bar bare base batch battery be
  beam beams became because become becomes been before began begin beginning beginnings begins
  begun behind being believed belong belongs below bench beside besides best beta better between
  beyond bias biases big bigger binary binding bins bit bits blank blanks block blocks board boat
  bodies body bonus book bookkeeping boosting border boss both bound boundary bounded bounds box
  boxes brackets branch break breaks bridge briefly bring brings broke broken brought browser
  bsize bucket budget bug build builds built bullet bundle bus busy but button by byte bytes cable
  cache cached caches calendar call called caller callers calls calm came can cancel cancelled
  candidates cannot cap capacity capital capitals capture captured card cards care carried carries
  carry case catalogue cause cell cells centre centres certain certificate certificates chains
  chance change changed changelog changes channel channels character characters charge chart chat
  check checked checkout checks checksum checksums child children choice choices choose chooses
  chosen chunk chunks cipher claim claims class classifier clause clauses clean clear click client
  clients clips clock close closed closer closes closing cloud cluster clustered clustering code
  codec codes colleague collections color column columns combined come comes coming comma command
  commands commas comment comments commit company compare compared compares comparison compiler
  complete completed component compose computer computes confidence config configuration
  configured confirmed confirms connect connected connection connections connects consent console
  const constant constants consumer contact contain contains content context continue continues
  contract contractions control conversation conversion convert copied copies copy core cores
  correct corrected correction correlation cosine cosines cost costs could count counted counter
  counting counts couple coupon course cover coverage covered covers cpu crash crashes create
  created cross crosses cue cues current cursor customer customers cut cuts cutter daemon daemons
  damage damaged dark dashboard data database databases date dates day days db dead deadline deal
  decide decided decides decipher decision decisions declarations decode decoded decoder decoders
  decodes decoding default defaults deferred definitely degradation delay delete deleted deletes
  demand demo depend depends deploy deps depth description design detail details detection
  detector detectors developer developers device devices diagnostics diarization diarize dictate
  dictated dictation dictionary did died dies differ difference differences different differs
  digest digit digits dimension direction directly disable disabled discard discarded discharging
  discussion disk disks dismissed disposables dispose disposed distance distances divided do docs
  doctor document documentation documents does doing domain done dot dots double doubled doubted
  doubtful doubts down download downloaded downloads draft drafted drafts drained draining drawing
  drawn draws drift drivers drop dropped drops due dump durable during each earlier early echo
  echoed edit edited editor editors edits effect effort eight eighth either elects element
  elements eleven else elsewhere embedded embedder embedding embeddings emit empty encoded encoder
  encoding encrypt encrypted encryption encrypts end ended ending endpoint ends energies energy
  engine engineer engines enough enter enters entities entity entries entry env ephemeral epoch
  equals err errors errs escape escaped estimated et euros even evening evenly event events ever
  every everybody everyday everyone everything everywhere evidence exact exactly examined example
  examples exceed exclusive exist existing exists exit expected experiment expire expired expires
  expiry explain export exported exports extended extends extension extra eyes factor factors
  facts fail failed failing fails failure failures fakes fall fallback falls false family far
  farther fast faster fault fd features fence fenced fences fetch fetched fetcher fetches few
  fewer field fields fifteen fifteenth fifth fifty fight figure figures file files fill filled
  fillers filling fills filter filters final finally finals finance find findings finds fine
  fingerprint finish finished finishes finishing first fish fit fits fitting five fix fixed fixes
  flag flags flat flatter flicker flight flipped floats flood floods floor flush flushed flushes
  focus folder folders folding follow followed follows for force foreign forget forgets forgot
  forgotten form format formats former forms forty forward found founding four fraction frame
  frames framing framings free frees freeze fresh from front full function functions further gain
  gains gap gaps gate gateway gateways gave generation get gets ggml give given gives go goes
  going gone good goodbye got grant graph graphs great greatest greedy greeted greeting grill
  group groups grow growing grows guard guards guess guesses guest guests guide guy had half hand
  handed handle handler handlers hands happen happened happens happy hard hardly hardware has hash
  hashes hate have he head header headers heading headings headphones heads health heap hear heard
  hearing hears heartbeat held hello help helps her here hex hidden hide hides high higher him his
  history hit hits hold holder holders holds hole home honest honestly host hotel hour hours how
  however http https hub hundred hundreds i id idea identifier idle ids if ignore ignored ignores
  implement implements import imports improbable in included includes indent index inference info
  inner input inputs insert inserted inside insight insights install installed instance instanceof
  instead integer integration interface intervals interviews into introduction invalid invented
  invitation invite invoices is issue issuer it item items its itself job join joined joins joint
  joke journal jsm json judged jump just keep keeper keeping keeps kept key keychain keyof keys
  kill killed kind kinds knew know known knows kv label labelled labels lack lacks lag laid
  language languages laptop large larger largest last lasted lasts late lately later latest launch
  layer layers layout lead leader leads lean leans learn learning learnt lease least leave leaves
  leaving left legal lemma lemmas lends length lengths lenses lent less let lets letter letters
  level levels lexer library licence lie lies life lifts like liked likelier likeliest likely
  likes likest limit limits line linear lines link linked links lint list listed listen listened
  listener listeners listening listens lists little live lives living load loaded loading loads
  local lock locked log logarithm logarithms logged logger login logits logout logs long longer
  longest look looked looking looks loop loopback loops lose loses lost lot loud loudest loudness
  loudspeakers love low lower lunch machine machines made magic mail main major make maker makers
  makes making malformed malloc manage manager manages manifest manner manual many map margin
  marked marker marketing marks mask match matched matches matching material matter matters may
  maybe me mean meaning means meant meanwhile measure measured measurement measurements median
  meeting meetings megabyte megabytes members memory mention mentions merge merged merges message
  messages meter method methods metric metrics mic microphone microphones middle midnight might
  migration migrations million millisecond milliseconds mind mine minor minus minute minutes
  mirror missed misses missing mixed mock mode model models modes module moment money monitor mono
  monotonic month months more morning most mostly motor move moved moves ms much multiline
  multilingual museum must my myself na name named names native nc near nearest nearly need needed
  needs negative neighbour neighbouring neighbours neither network never new newer newest newline
  news next nice night nightly nine ninety no nobody nodes nods noise nonce none noon nor norm
  normal north not note notebook noted notes nothing noticed notices noun now nowhere npm nth null
  number numbered numbers object objections objects obstacle occur odd of off offer offered offers
  office offline offset often oh okay old older oldest on once one ones online only onset op open
  opened openers opening opens operating operator optional options or order ordered orders ordinal
  org organisation organisations orgs origin os other others otherwise our ours out outage
  outcomes outline outlive output outputs outside over overlap overlapping own owned owner owners
  owns package packages packed padded padding page pages pair pairs panel parallel parameter
  parameters params parec paren parse parsed parser part parted partial partials participants
  parts pass passed passes password past path pattern patterns pause paused pauses pay payment
  payroll pays pcm peak pending people per percent perfect perhaps permission permissions permit
  person phoneme phrase phrases pick pid piece pieces pinned pipe pipeline pipelines place places
  plain plan planning plans platform plausible play plays please pleasure plenty plus point points
  policy pool port portions pos positions positive possible post power prefer preferred prefix
  present presents press pretty previous print printed priority private probabilities probability
  probes problem problems process processes processor processors produces product production
  products profile program programs progress project projection promised promises prompt
  pronunciation proposal proposed props prose protected prove provider providers proxy public
  publish published pull pulled punctuation pure purge purpose push pushed pusher pushes put puts
  quantised quarter question questions queue quick quicker quiet quietest quite quota quote quoted
  quotes raise raised ran random range rank rare rate rates rather raw reach reached reaches read
  readable reader readers readiness reading readings readonly reads ready real really reason
  rebase recall receipt receive received receives recent recognise recognised recogniser
  recognisers recognises recognition record recorded recorder recorders recording recordings
  records recovered recovers recovery red refactor reference refresh refunds refusal refusals
  refuse refused refuses region registry reject rejected rejection release released reload remain
  remember remembered remote removal remove removed removes rename renew renews repaired repairs
  repeat repeated repeats replace replaced replaces replicas replies report reported reporting
  reports repository request requested requests require required reserve resolve resolves response
  rest restart restarted restarts restore rests result results resume retries retry return returns
  reused revert review revised revision revisions revoked rewrite rewrites right rights risk risks
  rm role roll rollback roof roofer room rooms root roots rotate rotated rotates rotation round
  rounding route routes row rowid rows rpc rtf rule rules run running runs safe said salary sales
  same sample samples satisfies save saved saves saw say says scale scaled scales scanned scanner
  scenes scheduler schema schemas school scope scopes score screenshots script scripts seam search
  searched seats second seconds secret secrets section sections security see seed seen sees
  segment segmented segmenter segments self send sending sends senior sense sent sentence
  sentences separate separated seq sequence serve served server servers serves service session
  sessions set sets setter setting settings settle settled settles setup seven several shall shape
  share shared shares she ship shipped ships shop short shorter shortest shortly should show shown
  shows shut side sides sign signal signed signing signs silence silent similar similarity
  simulated sin since single sink sister six sixty size sizes skip skipped skips slash slice slip
  slot slots slow slowed slower small smaller smallest snapshots so socket sockets soft sold some
  somebody someone something soon sooner sorry sorted sound sounds source sources sox space spaces
  spans spare spawn speak speaker speakers speaking speaks spectrum speculation speculative speech
  speed spelled speller spelling spells spelt spends spent split spoke spoken spool spooled spools
  sports spread spring sprint sql square squares stable stack stages staging stamp stand standard
  stands start started starting starts stat state statement states stats status stay stayed stays
  stderr stdout step steps still stood stop stopped stops storage store stored stores story
  straight stream streaming streams stretch stretches string strings strong style subject subjects
  subscription subtitles successive such suggest suggested suggestion suggestions suggests suite
  suits sum summaries summary summer sums supervisor support sure surely surer survive survives
  suspect switch symbol symbols sync synced syncs synthetic system systems table tables tag tags
  tail take taken takes taking talk talked taps target targets task tasks tax team telephone tell
  tells temperatures ten tensors tenth test tested tests text texts than thank thanks that the
  theatre their theirs them theme themselves then there therefore these they thing things think
  third thirty this those though thousand thousands thread three threshold through throw thrown
  throws ticked ticket tidy tight till time timed timeline timeout timer times timing timings tiny
  title titles to today together token tokenizer tokens told tomorrow tonight too took tool tools
  top topic topics torn total totalmem touch touched touches towards trace traces track tracking
  tracks trades trained training transaction transcribe transcribed transcript transcription
  transcripts translate travel tree tried tries trigger trimmed true trust trusted trusts try turn
  turned turns twelve twentieth twenty twice two type typed typeof types typing unanswered
  unchanged uncut undefined under undisturbed undo unexpected unheard unit units unknown unless
  unload unloaded unnamed unread unsaved unseen unstable until untitled unused unwanted up update
  updated updates upgrade upload uploads uri url us use used user users uses using usual utterance
  utterances valid validate value values variable vector vectors vendor verb verbs verified verify
  version versions very view views virtual visibly vocabulary vocatives voice voiceprint voices
  void volunteer vowel vulnerability wait waited waiting waits wakes wall want wanted wants warms
  warn warned warning warnings was watch watchdog watches waveform way ways we weak week weekend
  weekly weeks weighed weight weighted weights well went were what whatever when whenever where
  wherever whether which while white who whoever whole whom whose why wide width will win window
  wins wire wish wishes with within without won word wording words work worked worker workers
  working works workspace worse worst worth would wrap wrapped write writes writing written wrong
  wrongly wrote wss year years yes yesterday yet you young your yours zero zeros zone
`
    .trim()
    .split(/\s+/),
);
/** Endings of inflected forms, and their replacements in the base form. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/ies$/, 'y'],
  [/(?:es|ed|er|ing|ly|s|d)$/, ''],
  [/(?:ed|ing|er)$/, 'e'],
  [/(\w)\1(?:ed|ing|er)$/, '$1'],
];

/** @param word lower case */
export function isCommonWord(word: string): boolean {
  if (COMMON.has(word)) return true;
  return (
    word.length > 4 &&
    ENDINGS.some(([ending, base]) => ending.test(word) && COMMON.has(word.replace(ending, base)))
  );
}
