package io.llmproxy.adapter.log;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the log can say that an operator may look for or be woken by: a number that stays the same for ever, whatever the sentence
 * says. A message is of an event where it begins with {@code event 6301: }; docs/events.md is made of this list.
 */
public enum Event {
    CHANGE_WITHOUT_KEY(
            6001,
            Severity.INFO,
            "a change over the admin API was refused, since it had no usable Idempotency-Key",
            "send a new UUID with each change, and the same one with its retries; `llmproxyctl` does"),
    CHANGE_ANSWERED_AGAIN(6002, Severity.INFO, "a repeated change got the answer of the first one", "nothing"),
    CHANGE_ANSWER_STORED(
            6003,
            Severity.INFO,
            "the answer to a change over TCP is kept for its repetition; of changes on the socket the level `debug` tells it",
            "nothing"),
    LOG_LEVEL_CHANGED(6004, Severity.INFO, "somebody changed a level of the log", "nothing; `llmproxyctl log level`"),
    ADMIN_FAILED(
            6005,
            Severity.ERROR,
            "the admin API failed at a request",
            "the error in the line says why; `llmproxyctl status` whether the database is away"),
    CALLER_REFUSED(
            6006,
            Severity.WARN,
            "somebody asked the admin API over TCP for something with credentials that are not accepted",
            "the line says what is wrong with them and where they came from; of many, see who can reach `admin.listen`"),
    CALLERS_READ(
            6007,
            Severity.INFO,
            "the file of tokens, or of an issuer's keys, was read anew and is in force",
            "nothing"),
    CALLERS_UNUSABLE(
            6008,
            Severity.WARN,
            "a file of `admin.auth` cannot be used; what it held before stays in force",
            "the line says which file, which line and why"),
    CALLERS_USABLE(6009, Severity.INFO, "the files of `admin.auth` can be used again", "nothing"),
    REDIS_AWAY(
            6101,
            Severity.WARN,
            "Redis does not answer; limits are counted in this process or requests refused, as `redis.on-failure` says",
            "look at Redis and the network; it is tried again by itself"),
    REDIS_BACK(6102, Severity.INFO, "Redis counts limits again", "nothing"),
    SOFT_LIMIT_PASSED(
            6103,
            Severity.WARN,
            "requests were served though they passed a soft limit",
            "`llmproxyctl limit usage`; raise the limit, or talk to its subject",
            // a line is of all requests of a minute
            false),
    SHADOW_LIMIT_PASSED(
            6104,
            Severity.INFO,
            "a shadow limit would have refused requests",
            "decide whether to make it a hard one: `llmproxyctl limit set`"),
    REQUEST(6201, Severity.INFO, "the access line of a request (`log.access`)", "nothing"),
    ACCESS_DROPPED(
            6202,
            Severity.WARN,
            "access lines were dropped, since the log could not be written as fast as requests came",
            "a faster disk for the log, or `log.access: errors`"),
    REQUEST_FAULT(
            6203,
            Severity.ERROR,
            "a request failed by a fault of the gateway itself",
            "report it, with `llmproxyctl support-bundle`"),
    BODIES_NOT_SPOOLED(
            6204,
            Severity.ERROR,
            "large request bodies are refused, since they cannot be kept on disk",
            "free space on the disk of the data directory"),
    TARGET_LEFT_ALONE(
            6301,
            Severity.WARN,
            "a model of a provider failed too often and gets no calls for a while",
            "`llmproxyctl provider show NAME`, `provider test NAME`; it is tried again by itself"),
    TARGET_BACK(6302, Severity.INFO, "such a model answers again", "nothing"),
    CREDENTIAL_REFUSED(
            6303,
            Severity.WARN,
            "a provider refused one of its credentials, which rests",
            "renew it there, then `llmproxyctl provider update NAME --api-key-stdin`",
            // of several credentials of one provider each is to be told
            false),
    CREDENTIAL_ACCEPTED(6304, Severity.INFO, "such a credential is accepted again", "nothing"),
    CHECK_FAILS(
            6305,
            Severity.WARN,
            "a provider fails its active checks and comes after all others",
            "`llmproxyctl provider test NAME` says what it answers"),
    CHECK_PASSES(6306, Severity.INFO, "such a provider passes its checks again", "nothing"),
    ENTRA_REFUSES(
            6311,
            Severity.WARN,
            "a provider gets no token of Entra ID",
            "its client secret may have expired: `llmproxyctl provider show NAME`"),
    LEDGER_AWAY(
            6401,
            Severity.WARN,
            "usage records cannot be written to the database; they wait in the journal",
            "look at the database; it goes on by itself"),
    LEDGER_BACK(6402, Severity.INFO, "usage records are written to the database again", "nothing"),
    RECORD_LEFT_OUT(
            6403,
            Severity.ERROR,
            "the database refuses one usage record and takes others; the line holds it whole",
            "keep the line: it is the only copy; report it",
            false),
    JOURNAL_REFUSES(
            6404,
            Severity.ERROR,
            "the journal's disk takes no usage records",
            "free space on the disk of the data directory; `journal.on-full` says what happens meanwhile"),
    JOURNAL_BACK(6405, Severity.INFO, "the journal takes records again", "nothing"),
    STATE_UNREADABLE(
            6406,
            Severity.WARN,
            "the managed state cannot be read; the last good one stays in force",
            "look at the database"),
    STATE_NOT_PUBLISHED(
            6407, Severity.WARN, "a change is stored, but not yet in force", "nothing: it is tried again every second"),
    LOG_FILE_FAILS(
            6701,
            Severity.ERROR,
            "the log's file cannot be written; lines go to standard error until it can",
            "free space, or the right to write there: `log.file.path`"),
    LOG_FILE_BACK(6702, Severity.WARN, "the log's file can be written again", "nothing"),
    REPEATED(
            6703,
            Severity.WARN,
            "an error was repeated; its lines were held back, and counted",
            "look for the first of them, which the line names",
            false),
    CLOCK_JUMPED(
            6704,
            Severity.WARN,
            "the machine's clock jumped",
            "look at its time service; limits of a day or month follow the clock"),
    TRACES_NOT_TAKEN(
            6511,
            Severity.WARN,
            "the collector of traces takes no spans; they wait, and are dropped beyond `tracing.queue`",
            "look at the collector: `tracing.endpoint`; requests are not affected"),
    TRACES_TAKEN(6512, Severity.INFO, "the collector of traces takes spans again", "nothing"),
    TRACE_HEADERS_UNREADABLE(
            6513,
            Severity.WARN,
            "the file with header fields for the collector cannot be read; those read last stay in force",
            "`tracing.headers-file`: it wants one `Name: value` a line, and to be readable"),
    ALERT(6601, Severity.WARN, "a budget reached a threshold", "`llmproxyctl limit usage`", false),
    ALERT_NOT_SENT(
            6602,
            Severity.WARN,
            "the webhook for alerts does not take one, which is sent again",
            "look at the webhook: `alerts.webhook.url`"),
    BODIES_NOT_STORED(
            6711,
            Severity.WARN,
            "bodies of requests for the audit cannot be written to the database; they wait in memory",
            "look at the database; it goes on by itself"),
    BODIES_STORED(6712, Severity.INFO, "bodies of requests are written to the database again", "nothing"),
    BODIES_LOST(
            6713,
            Severity.WARN,
            "bodies of requests are missing in the audit: the database refused them, or was away until the end",
            "look at the database; the account of those requests is in the ledger all the same"),
    AUDIT_NOT_SIGNED(
            6714, Severity.WARN, "the audit log cannot be signed", "look at the database; it is tried again by itself"),
    AUDIT_BROKEN(
            6715,
            Severity.ERROR,
            "events of the audit log are not as they were written",
            "somebody or something changed rows of the database: `llmproxyctl audit verify` names the first of them"),
    AUDIT_SIGNED(
            6716,
            Severity.INFO,
            "the head of a chain of the audit log was signed",
            "keep the line elsewhere: it proves what was"),
    NOT_DELETED(
            6717,
            Severity.WARN,
            "what is older than its retention could not be deleted",
            "look at the database; it is tried again in an hour"),
    NOT_DELETED_OF_TENANT(
            6926,
            Severity.WARN,
            "what is older than its retention could not be deleted of one tenant; that of others was",
            "look at the cause in the line, and at `llmproxyctl ledger check`; it is tried again in an hour"),
    ALERT_GIVEN_UP(
            6718,
            Severity.ERROR,
            "the webhook did not take an alert for so long that it is given up; the line holds it",
            "look at the webhook: `alerts.webhook.url`; tell who should have been told",
            false),
    ALERTS_STAND_STILL(
            6719,
            Severity.WARN,
            "alerts about budgets cannot be made or sent, since the database is away",
            "look at the database; it is tried again by itself"),
    BLOCK_NOT_INDEXED(
            6910,
            Severity.WARN,
            "a block of the ledger cannot be read, and is not in the index for searches",
            "`llmproxyctl ledger check`"),
    LEDGER_NOT_INDEXED(
            6911,
            Severity.WARN,
            "the index of the ledger cannot be made; searches find all that there is, but slowly what is new",
            "look at the database; it is tried again in a minute"),
    LEDGER_INDEXED(
            6912,
            Severity.INFO,
            "a ledger that had no index, as after an upgrade, was indexed for searches",
            "nothing"),
    CERTIFICATE_REPLACED(
            6841, Severity.INFO, "a listener's certificate was read anew; new connections get it", "nothing"),
    CERTIFICATE_UNUSABLE(
            6842,
            Severity.WARN,
            "the files of a listener's certificate cannot be used; what they held before stays in force",
            "the line says which file and why; `llmproxyctl tls show`"),
    CERTIFICATE_USABLE(6843, Severity.INFO, "the files of a listener's certificate can be used again", "nothing"),
    CERTIFICATE_ENDS(
            6844,
            Severity.WARN,
            "a listener's certificate ends within 30, 7 or 1 days, or has expired",
            "renew it; new files are taken without a restart"),
    CERTIFICATE_CONTESTED(
            6845,
            Severity.WARN,
            "several keys claim the same client certificate, which opens none of them",
            "`llmproxyctl key revoke` or `key update --no-certificate` one of them"),
    PROXY_HEADER_REFUSED(
            6846,
            Severity.WARN,
            "a connection of a trusted proxy was closed, since it did not begin with a proper PROXY header",
            "have the proxy send one (`send-proxy-v2`, `proxy_protocol on`), or `gateway.proxy-protocol: off`"),
    HANDSHAKES_CROWDED(
            6900,
            Severity.WARN,
            "as many TLS handshakes are under way as there is memory for; those that wait longest for their clients are closed for new ones",
            "`llmproxy_tls_handshakes_failed_total` says how many; see who opens connections and sends nothing, as by `ss -tn state established`"),
    HEIR_AWAITED(
            6901,
            Severity.WARN,
            "the successor of a process that still leaves died while its own successor was starting; that one goes on",
            "see the log of the one that died; `llmproxyctl status` says who serves"),
    BACKUP_WRITTEN(6861, Severity.INFO, "a backup was written; the line names its file", "nothing"),
    BACKUP_FAILED(
            6862,
            Severity.WARN,
            "a backup could not be written; nothing of it is left",
            "free space in the directory of backups, or the right to write there: `backup.directory`"),
    BACKUP_BEFORE_MIGRATION(
            6863,
            Severity.WARN,
            "the schema of the embedded database is changed by this version; the line names the backup that was made before",
            "keep it until the new version has proved itself; docs/disaster-recovery.md tells the way back"),
    BACKUPS_UNFIT(
            6890,
            Severity.WARN,
            "the directory of backups cannot be written to; the line says why",
            "make it the service's user's, and restart the service; or name another with `backup.directory`"),
    DECLARATION_APPLIED(6881, Severity.INFO, "a declaration was applied", "nothing: the audit log has each change"),
    DECLARATION_OUTDATED(
            6882,
            Severity.INFO,
            "a declaration was not applied, since what it was compared with had changed meanwhile",
            "compare again: `llmproxyctl apply --dry-run`"),
    SELF_TEST_FAILED(
            6811,
            Severity.ERROR,
            "a part of the server does not do what it is for, and the start ends",
            "what the line says of the part"),
    CONFIG_RELOADED(
            6821,
            Severity.INFO,
            "the configuration was read again; the line says what was applied and what wants a restart",
            "`llmproxyctl restart` for the rest"),
    CONFIG_REFUSED(
            6822,
            Severity.ERROR,
            "the configuration has faults; the one in force stays",
            "mend the keys and lines that it names, then `llmproxyctl config reload`"),
    RESTART_BEGUN(6823, Severity.INFO, "a successor of the process was started", "nothing"),
    RESTART_FAILED(
            6824,
            Severity.ERROR,
            "the successor did not become ready; this process goes on as if nothing had been",
            "the line says why; then `llmproxyctl restart` again"),
    LEAVING(
            6825,
            Severity.INFO,
            "a successor serves; this process finishes its requests, `shutdown.leave` at most, and ends",
            "nothing"),
    ADMINISTRATION_NOT_AUDITED(
            6826,
            Severity.WARN,
            "a reload or restart could not be written to the audit log, as the database is away",
            "look at the database"),
    TOOK_OVER(6827, Severity.INFO, "this process took over from its predecessor", "nothing"),
    DATABASE_MOVED(6828, Severity.INFO, "the embedded database was handed from one process to another", "nothing"),
    CONNECTIONS_NOT_STEERED(
            6829,
            Severity.WARN,
            "the kernel does not let new connections be given to one process alone while two listen; at a restart some may be reset",
            "a kernel from 4.5 up, and no filter of system calls that forbids setsockopt"),
    WATCHDOG_FAILS(
            6830,
            Severity.ERROR,
            "the process does not answer on its own listener, or what writes the ledger has ended; systemd will restart it",
            "report it, with `llmproxyctl support-bundle`"),
    RECORDS_TAKEN_IN(
            6831, Severity.INFO, "the usage records that another process left behind were taken in", "nothing"),
    SUCCESSOR_LOST(
            6832,
            Severity.ERROR,
            "the successor of the process died while this one was still leaving; this one ends too",
            "the log of the successor says why; systemd starts the service again");

    /** How much it matters, as the log's lines say it. */
    public enum Severity {
        INFO,
        WARN,
        ERROR
    }

    private static final String MARK = "event ";
    private static final int DIGITS = 4;
    private static final Map<Integer, Event> BY_ID =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Event::id, Function.identity()));

    private final int id;
    private final Severity severity;
    private final String meaning;
    private final String advice;
    private final boolean damped;

    Event(int id, Severity severity, String meaning, String advice) {
        this(id, severity, meaning, advice, true);
    }

    Event(int id, Severity severity, String meaning, String advice, boolean damped) {
        this.id = id;
        this.severity = severity;
        this.meaning = meaning;
        this.advice = advice;
        this.damped = damped;
    }

    public int id() {
        return id;
    }

    public Severity severity() {
        return severity;
    }

    /** What has happened. */
    public String meaning() {
        return meaning;
    }

    /** What to do. */
    public String advice() {
        return advice;
    }

    /** Whether repeated lines of it are held back and counted; not where each line says something that none other does. */
    boolean damped() {
        return damped;
    }

    public static Optional<Event> of(int id) {
        return Optional.ofNullable(BY_ID.get(id));
    }

    /** The id that a message begins with; 0: none. */
    static int idIn(String message) {
        int end = MARK.length() + DIGITS;
        if (!message.startsWith(MARK) || message.length() < end + 2 || !message.startsWith(": ", end)) {
            return 0;
        }
        int id = 0;
        for (int i = MARK.length(); i < end; i++) {
            char c = message.charAt(i);
            if (c < '0' || c > '9') {
                return 0;
            }
            id = id * 10 + c - '0';
        }
        return id;
    }

    /** The message without the id that it begins with. */
    static String sentence(String message) {
        return idIn(message) == 0 ? message : message.substring(MARK.length() + DIGITS + 2);
    }
}
