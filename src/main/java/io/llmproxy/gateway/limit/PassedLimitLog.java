package io.llmproxy.gateway.limit;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.gateway.PassedLimits;
import io.llmproxy.runtime.Periodic;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the log that soft limits were passed (event 6103) and that shadow limits would have refused (event 6104): of each limit
 * once in its period, and once a minute at most, by a thread of its own.
 */
public final class PassedLimitLog implements AutoCloseable {
    private static final Logger LOG = System.getLogger(PassedLimitLog.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final PassedLimits passed;
    private final Supplier<Map<String, Limit>> inForce;
    private final Function<UUID, @Nullable String> names;
    private final InstantSource clock;
    private final Periodic writing = new Periodic(
            Thread.ofVirtual().name("passed-limit-log"),
            PERIOD,
            this::write,
            "what passed soft and shadow limits cannot be told; tried again");

    /**
     * @param inForce every limit by its id
     * @param names what people call the user, key or tenant of an id; null: that is not known
     */
    public PassedLimitLog(
            PassedLimits passed,
            Supplier<Map<String, Limit>> inForce,
            Function<UUID, @Nullable String> names,
            InstantSource clock) {
        this.passed = passed;
        this.inForce = inForce;
        this.names = names;
        this.clock = clock;
    }

    public void start() {
        writing.start();
    }

    private void write() {
        passed.due(inForce.get(), clock.instant())
                .forEach(p ->
                        LOG.log(p.limit().mode() == LimitMode.SHADOW ? Level.INFO : Level.WARNING, sentence(p, names)));
    }

    static String sentence(PassedLimits.Passed passed, Function<UUID, @Nullable String> names) {
        Limit limit = passed.limit();
        boolean shadow = limit.mode() == LimitMode.SHADOW;
        String what = shadow ? "event 6104: the shadow limit " : "event 6103: the soft limit ";
        String did = shadow ? " would have refused " : " was passed by ";
        String who = passed.subject().equals(CounterKey.ONE) ? "" : ", the last one of " + who(passed.subject(), names);
        String per = limit.period() == LimitPeriod.NONE
                ? ""
                : " per " + limit.period().word();
        return what + limit.id() + " (" + limit.scopeText() + ", " + limit.amount() + " "
                + limit.metric().word() + per + ")" + did + passed.requests()
                + (passed.requests() == 1 ? " request" : " requests") + who + "; served all the same."
                + " This is said once in the limit's period; see llmproxyctl limit usage";
    }

    private static String who(Object subject, Function<UUID, @Nullable String> names) {
        String name = subject instanceof UUID id ? names.apply(id) : null;
        return name == null ? Checks.quoted(subject.toString()) : Checks.quoted(name) + " (" + subject + ")";
    }

    @Override
    public void close() {
        writing.close();
    }
}
