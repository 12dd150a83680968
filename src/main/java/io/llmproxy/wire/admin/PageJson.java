package io.llmproxy.wire.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One page of a list; {@code next} is the {@code cursor} of the following one. */
public record PageJson<T>(List<T> items, @Nullable String next) {}
