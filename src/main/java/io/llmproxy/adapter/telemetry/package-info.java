/** Metrics, by Helidon's registry and in Prometheus' text format. */
@NullMarked
package io.llmproxy.adapter.telemetry;

import org.jspecify.annotations.NullMarked;
