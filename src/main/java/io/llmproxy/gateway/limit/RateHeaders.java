package io.llmproxy.gateway.limit;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Refusal;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Standing;
import io.llmproxy.gateway.Claims;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Tells a client how its limits stand: the tightest of requests and of tokens, in OpenAI's fields and units. */
public final class RateHeaders {
    /** For each set of scopes, by their bits, the text of the policy. */
    private static final String[] POLICIES = IntStream.range(0, 1 << LimitScope.values().length)
            .mapToObj(set -> Arrays.stream(LimitScope.values())
                    .filter(s -> (set & s.bit()) != 0)
                    .map(LimitScope::policy)
                    .collect(Collectors.joining(",")))
            .toArray(String[]::new);

    private static final KnownTexts AMOUNTS = new KnownTexts(Long::toString);
    private static final KnownTexts DURATIONS = new KnownTexts(RateHeaders::duration);
    private static final Names REQUESTS = Names.of("requests");
    private static final Names TOKENS = Names.of("tokens");

    private RateHeaders() {}

    /** Of the fields of one kind. */
    private record Names(String limit, String remaining, String reset) {
        static Names of(String kind) {
            return new Names("x-ratelimit-limit-" + kind, "x-ratelimit-remaining-" + kind, "x-ratelimit-reset-" + kind);
        }
    }

    /** @param headers without any of these fields */
    public static void add(Claims claims, HeaderFields headers) {
        Standing standing = claims.standing();
        Denied denied = claims.denial();
        int scopes = standing.scopes();
        Refusal noRequests = null;
        Refusal noTokens = null;
        if (denied != null) {
            for (Refusal one : denied.all()) {
                scopes |= one.limit().scope().bit();
            }
            noRequests = denied.longest(metric -> metric == LimitMetric.REQUESTS);
            noTokens = denied.longest(LimitMetric::tokens);
        }
        if (scopes == 0) {
            return;
        }
        add(REQUESTS, noRequests, standing.requests(), headers);
        add(TOKENS, noTokens, standing.tokens(), headers);
        headers.addPlain("X-RateLimit-Policy", POLICIES[scopes]);
        String passed = standing.passed();
        if (passed != null) {
            headers.add("x-llmproxy-limit-warning", passed);
        }
    }

    /** A limit that has no room is the tightest. */
    private static void add(Names names, @Nullable Refusal refusal, @Nullable Grant grant, HeaderFields headers) {
        if (refusal != null) {
            fields(names, refusal.limit().amount(), refusal.remaining(), refusal.waitSeconds(), headers);
        } else if (grant != null) {
            fields(names, grant.limit().amount(), grant.remaining(), grant.resetSeconds(), headers);
        }
    }

    private static void fields(Names names, long amount, long remaining, long resetSeconds, HeaderFields headers) {
        headers.addPlain(names.limit, AMOUNTS.text(amount));
        headers.addPlain(names.remaining, Long.toString(remaining));
        if (resetSeconds > 0) {
            headers.addPlain(names.reset, DURATIONS.text(resetSeconds));
        }
    }

    /** As OpenAI writes it: {@code 59s}, {@code 6m0s}, {@code 23h59m59s}. */
    static String duration(long seconds) {
        StringBuilder out = new StringBuilder();
        long hours = seconds / 3600;
        long minutes = seconds / 60 % 60;
        if (hours > 0) {
            out.append(hours).append('h');
        }
        if (hours > 0 || minutes > 0) {
            out.append(minutes).append('m');
        }
        return out.append(seconds % 60).append('s').toString();
    }
}
