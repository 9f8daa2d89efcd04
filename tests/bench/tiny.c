/* SPDX-License-Identifier: Apache-2.0 */
/* The least that can be executed: static, and over at once. */
int main(void)
{
	return 0;
}
