/** Anthropic's Messages API. */
@NullMarked
package io.llmproxy.adapter.provider.anthropic;

import org.jspecify.annotations.NullMarked;
