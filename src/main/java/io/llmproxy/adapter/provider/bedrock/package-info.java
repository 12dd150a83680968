/** Amazon Bedrock: Converse and ConverseStream, signed by Signature Version 4 or with an API key. */
@NullMarked
package io.llmproxy.adapter.provider.bedrock;

import org.jspecify.annotations.NullMarked;
