/** A provider without a network, for first steps, demonstrations and drills. */
@NullMarked
package io.llmproxy.adapter.provider.simulated;

import org.jspecify.annotations.NullMarked;
