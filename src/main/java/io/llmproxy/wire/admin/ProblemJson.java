package io.llmproxy.wire.admin;

import org.jspecify.annotations.Nullable;

/** An error of the admin API ({@code application/problem+json}, RFC 9457). */
public record ProblemJson(
        String type,
        String title,
        int status,
        String detail,
        @Nullable String code) {}
