/** A conversation with a model, in no provider's format: what dialects are translated through. */
@NullMarked
package io.llmproxy.domain.chat;

import org.jspecify.annotations.NullMarked;
