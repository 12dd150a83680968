/** A plausible server of Anthropic's API. */
@NullMarked
package io.llmproxy.testing.anthropic;

import org.jspecify.annotations.NullMarked;
