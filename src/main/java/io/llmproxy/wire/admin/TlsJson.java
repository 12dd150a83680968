package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The certificate of a listener. {@code chain} says how many certificates its file holds, {@code chainFault} what is wrong with
 * those after the first, {@code fault} what is wrong with it or its files; {@code clientAuth} is {@code none},
 * {@code optional} or {@code required}.
 */
public record TlsJson(
        String listener,
        String file,
        String subject,
        List<String> alternatives,
        String issuer,
        String serial,
        String fingerprint,
        Instant notBefore,
        Instant notAfter,
        long daysLeft,
        String keyType,
        int chain,
        @Nullable String chainFault,
        String minVersion,
        String clientAuth,
        @Nullable String clientCa,
        List<String> clientAuthorities,
        @Nullable Instant clientAuthoritiesUntil,
        @Nullable String fault) {}
