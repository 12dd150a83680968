package io.llmproxy;

import io.llmproxy.admin.LiveView;
import io.llmproxy.admin.NearLimits;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.InFlight;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.live.LiveBoard;
import io.llmproxy.gateway.live.LiveFigures;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.Snapshots;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Puts together what happens now, when somebody asks: figures of the last seconds, what runs, providers, limits, problems. */
final class LiveViews {
    private static final int LINES = 50;

    private final LiveBoard board;
    private final InFlight inFlight;
    private final Snapshots snapshots;
    private final TargetStates targets;
    private final NearLimits limits;
    private final Supplier<List<String>> problems;
    private final InstantSource clock;

    LiveViews(
            LiveBoard board,
            InFlight inFlight,
            Snapshots snapshots,
            TargetStates targets,
            NearLimits limits,
            Supplier<List<String>> problems,
            InstantSource clock) {
        this.board = board;
        this.inFlight = inFlight;
        this.snapshots = snapshots;
        this.targets = targets;
        this.limits = limits;
        this.problems = problems;
        this.clock = clock;
    }

    LiveView view() {
        LiveBoard.Report report = board.look();
        RuntimeSnapshot snapshot = snapshots.current();
        Map<LiveBoard.Kind, Map<String, Long>> running = running();
        Map<String, String> states = targets.words();
        List<Tenant> tenants = snapshot.allTenants();
        return new LiveView(
                clock.instant().truncatedTo(ChronoUnit.SECONDS),
                report.seconds(),
                line("all", inFlight.count(), report.all(), null),
                lines(LiveBoard.Kind.TENANT, report, running, Map.of()),
                lines(LiveBoard.Kind.PROVIDER, report, running, states),
                lines(LiveBoard.Kind.MODEL, report, running, Map.of()),
                limits.nearest().stream()
                        .map(n -> new LiveView.Near(
                                n.limit(), NearLimits.slug(n.tenantId(), tenants), n.subject(), n.used(), n.share()))
                        .toList(),
                problems.get());
    }

    private Map<LiveBoard.Kind, Map<String, Long>> running() {
        Map<LiveBoard.Kind, Map<String, Long>> out = new HashMap<>();
        for (LiveBoard.Kind kind : LiveBoard.Kind.values()) {
            out.put(kind, new HashMap<>());
        }
        inFlight.each(x -> {
            count(out.get(LiveBoard.Kind.TENANT), x.tenantOrNull());
            Target target = x.tally().target();
            count(
                    out.get(LiveBoard.Kind.PROVIDER),
                    target == null ? null : target.provider().account().name());
            Ask ask = x.askOrNull();
            count(out.get(LiveBoard.Kind.MODEL), target == null || ask == null ? null : ask.model());
        });
        return out;
    }

    private static void count(@Nullable Map<String, Long> counts, @Nullable String name) {
        if (counts != null && name != null) {
            counts.merge(name, 1L, Long::sum);
        }
    }

    /** Those with the most requests first; a provider that is not well stands there also where it has none. */
    private static List<LiveView.Line> lines(
            LiveBoard.Kind kind,
            LiveBoard.Report report,
            Map<LiveBoard.Kind, Map<String, Long>> running,
            Map<String, String> states) {
        Map<String, LiveFigures> figures = report.named().getOrDefault(kind, Map.of());
        Map<String, Long> run = running.getOrDefault(kind, Map.of());
        Set<String> names = new TreeSet<>(figures.keySet());
        names.addAll(run.keySet());
        names.addAll(states.keySet());
        List<LiveView.Line> lines = new ArrayList<>();
        for (String name : names) {
            lines.add(line(
                    name, run.getOrDefault(name, 0L), figures.getOrDefault(name, LiveFigures.NONE), states.get(name)));
        }
        lines.sort(Comparator.comparingLong((LiveView.Line l) -> -l.requests())
                .thenComparing(l -> -l.running())
                .thenComparing(LiveView.Line::name));
        return lines.size() > LINES ? lines.subList(0, LINES) : lines;
    }

    private static LiveView.Line line(String name, long running, LiveFigures f, @Nullable String state) {
        return new LiveView.Line(
                name,
                running,
                f.requests(),
                f.errors(),
                f.inputTokens(),
                f.outputTokens(),
                f.costNanos(),
                f.durationMedian(),
                f.durationP99(),
                f.firstByteMedian(),
                f.firstByteP99(),
                state);
    }
}
