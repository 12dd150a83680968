/** What is known of how providers do, from real traffic alone, and what is done about those that fail. */
@NullMarked
package io.llmproxy.gateway.resilience;

import org.jspecify.annotations.NullMarked;
