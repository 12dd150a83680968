/** Conversations between dialects. */
@NullMarked
package io.llmproxy.adapter.provider.translation;

import org.jspecify.annotations.NullMarked;
