"""What doors need to know to have something said in the chat: the kind of job, and test words."""

KIND = "notices.chat"
TEST_WORDS = "Countersign can reach this chat."
