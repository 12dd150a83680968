/** What the dialects of conversations have in common, and the translation between two of them. */
@NullMarked
package io.llmproxy.adapter.provider.support.chat;

import org.jspecify.annotations.NullMarked;
