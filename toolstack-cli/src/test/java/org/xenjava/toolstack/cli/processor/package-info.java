// SPDX-License-Identifier: Apache-2.0
@NullMarked
package org.xenjava.toolstack.cli.processor;

import org.jspecify.annotations.NullMarked;
