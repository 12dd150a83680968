/** Makes live providers: chooses the adapter for each type and judges base URLs. */
@NullMarked
package io.llmproxy.adapter.provider;

import org.jspecify.annotations.NullMarked;
